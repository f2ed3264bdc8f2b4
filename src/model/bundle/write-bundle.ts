import { writeWholeFolder } from '../checkpoint/whole-folder.ts';
import { encodeSafetensors } from '../checkpoint/write-safetensors.ts';
import type { BundleConfig } from './bundle-config.ts';
import { type BundleHeads, headTensors } from './head-tensors.ts';
import { formatSums, SUMS } from './sums.ts';

/** What goes into a bundle. Texts are written as they are. */
export interface BundleContents {
  readonly config: BundleConfig;
  readonly model: Uint8Array;
  readonly tokenizer: string;
  readonly tokenizerConfig: string;
  readonly heads: BundleHeads;
  readonly metrics: unknown;
  readonly card: string;
}

/** Writes a bundle whole or not at all: see `writeWholeFolder`. */
export function writeBundle(folder: string, contents: BundleContents, options: { readonly replace?: boolean } = {}): void {
  const files = bundleFiles(contents);
  writeWholeFolder(folder, new Map([...files, [SUMS, Buffer.from(formatSums(files))]]), options);
}

function bundleFiles(contents: BundleContents): Map<string, Uint8Array> {
  const { config, model, tokenizer, tokenizerConfig, heads, metrics, card } = contents;
  const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  return new Map<string, Uint8Array>([
    ['CARD.md', Buffer.from(card)],
    ['config.json', json(config)],
    ['heads.safetensors', encodeSafetensors(headTensors(heads))],
    ['metrics.json', json(metrics)],
    ['model.onnx', model],
    ['tokenizer.json', Buffer.from(tokenizer)],
    ['tokenizer_config.json', Buffer.from(tokenizerConfig)],
  ]);
}
