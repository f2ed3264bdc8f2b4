import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Tensor } from '../checkpoint/safetensors.ts';
import { encodeSafetensors } from '../checkpoint/write-safetensors.ts';
import type { Head } from '../heads/head.ts';
import type { BundleConfig } from './bundle-config.ts';
import { formatSums, SUMS } from './sums.ts';

/** What goes into a bundle. Texts are written as they are. */
export interface BundleContents {
  readonly config: BundleConfig;
  readonly model: Uint8Array;
  readonly tokenizer: string;
  readonly tokenizerConfig: string;
  readonly heads: { readonly sentiment: Head; readonly topic: Head };
  readonly metrics: unknown;
  readonly card: string;
}

/**
 * Writes a bundle whole or not at all: into a folder beside its place, synced, then renamed. An existing bundle is replaced
 * only when `replace` is set; it is moved aside first, since a folder that holds files cannot be renamed over.
 */
export function writeBundle(folder: string, contents: BundleContents, options: { readonly replace?: boolean } = {}): void {
  if (existsSync(folder) && options.replace !== true) throw new Error(`${folder} exists already`);
  const beside = (role: string): string => join(dirname(folder), `.${basename(folder)}.${role}-${process.pid}`);
  const [fresh, old] = [beside('new'), beside('old')];
  try {
    mkdirSync(fresh, { recursive: true });
    const files = bundleFiles(contents);
    for (const [name, bytes] of [...files, [SUMS, Buffer.from(formatSums(files))] as const])
      writeSynced(join(fresh, name), bytes);
    if (existsSync(folder)) renameSync(folder, old);
    renameSync(fresh, folder);
  } catch (error) {
    if (existsSync(old) && !existsSync(folder)) renameSync(old, folder);
    throw error;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}

function bundleFiles({
  config,
  model,
  tokenizer,
  tokenizerConfig,
  heads,
  metrics,
  card,
}: BundleContents): Map<string, Uint8Array> {
  const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  const tensors = new Map<string, Tensor>();
  for (const [name, { classes, features, weight, bias }] of Object.entries(heads)) {
    tensors.set(`${name}.weight`, { shape: [classes, features], data: weight });
    tensors.set(`${name}.bias`, { shape: [classes], data: bias });
  }
  return new Map<string, Uint8Array>([
    ['CARD.md', Buffer.from(card)],
    ['config.json', json(config)],
    ['heads.safetensors', encodeSafetensors(tensors)],
    ['metrics.json', json(metrics)],
    ['model.onnx', model],
    ['tokenizer.json', Buffer.from(tokenizer)],
    ['tokenizer_config.json', Buffer.from(tokenizerConfig)],
  ]);
}

function writeSynced(path: string, bytes: Uint8Array): void {
  const fd = openSync(path, 'wx');
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
