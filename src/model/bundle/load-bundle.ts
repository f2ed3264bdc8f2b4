import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BarographError } from '../../domain/errors.ts';
import { parseSafetensors } from '../checkpoint/safetensors.ts';
import { type BundleConfig, parseBundleConfig } from './bundle-config.ts';
import { type BundleHeads, readHead } from './head-tensors.ts';
import { parseSums, SUMS, sha256 } from './sums.ts';

/** The files that a bundle must have; SHA256SUMS lists each of them. */
export const BUNDLE_FILES = [
  'CARD.md',
  'config.json',
  'heads.safetensors',
  'metrics.json',
  'model.onnx',
  'tokenizer.json',
  'tokenizer_config.json',
] as const;

type BundleFile = (typeof BUNDLE_FILES)[number];

/** A bundle in memory, checked against its sums. Plain data: it can be posted to a worker thread. */
export interface Bundle {
  /** `<name>@<first 12 hex digits of the SHA-256 of SHA256SUMS>`: two bundles of one version give the same scores. */
  readonly version: string;
  readonly config: BundleConfig;
  readonly model: Uint8Array;
  /** JSON texts. */
  readonly tokenizer: string;
  readonly tokenizerConfig: string;
  readonly heads: BundleHeads;
}

/**
 * Reads a bundle. Every file is read once, and what was checked is what is used.
 * Throws E_BUNDLE_MISSING (no such folder or file), E_BUNDLE_ALTERED (a sum does not match) or E_BUNDLE_INVALID.
 */
export function loadBundle(folder: string): Bundle {
  const sumsText = readBundleFile(folder, SUMS).toString('utf8');
  const sums = parseSums(sumsText, join(folder, SUMS));
  const files = new Map(BUNDLE_FILES.map((name) => [name, readChecked(folder, name, sums.get(name))]));
  const file = (name: BundleFile): Buffer => files.get(name) ?? Buffer.alloc(0); // the map has all of BundleFile
  const config = parseBundleConfig(file('config.json').toString('utf8'), join(folder, 'config.json'));
  const headsPath = join(folder, 'heads.safetensors');
  const source = asInvalid(headsPath, () => parseSafetensors(file('heads.safetensors'), headsPath));
  const features = config.pooling.length * config.hidden;
  const head = (name: keyof BundleHeads) =>
    asInvalid(headsPath, () => readHead(source, name, config.heads[name].labels.length, features));
  return {
    version: `${config.name}@${sha256(sumsText).slice(0, 12)}`,
    config,
    model: file('model.onnx'),
    tokenizer: file('tokenizer.json').toString('utf8'),
    tokenizerConfig: file('tokenizer_config.json').toString('utf8'),
    heads: { sentiment: head('sentiment'), topic: head('topic') },
  };
}

function readChecked(folder: string, name: BundleFile, sum: string | undefined): Buffer {
  const path = join(folder, name);
  if (sum === undefined) {
    throw new BarographError(
      'E_BUNDLE_ALTERED',
      `${join(folder, SUMS)} does not list ${name}: restore the bundle from its source`,
      {
        facts: { path },
      },
    );
  }
  const bytes = readBundleFile(folder, name);
  if (sha256(bytes) !== sum) {
    const message = `${path} does not match ${SUMS}: it was truncated or changed. Restore the bundle from its source`;
    throw new BarographError('E_BUNDLE_ALTERED', message, { facts: { path } });
  }
  return bytes;
}

function readBundleFile(folder: string, name: string): Buffer {
  const path = join(folder, name);
  try {
    return readFileSync(path);
  } catch (cause) {
    const message = `${path} cannot be read: give the folder of a whole bundle, or restore models/default`;
    throw new BarographError('E_BUNDLE_MISSING', message, { cause, facts: { path } });
  }
}

/** Weights that a checkpoint reader refuses make the bundle invalid; its message names the tensor. */
function asInvalid<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BarographError('E_BUNDLE_INVALID', reason, { cause, facts: { path } });
  }
}
