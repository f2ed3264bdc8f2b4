import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { BarographError } from '../../domain/errors.ts';
import { type EncoderConfig, parseEncoderConfig } from './encoder-config.ts';
import { encoderParameters, loadParameters, type Parameters } from './parameters.ts';
import { openSafetensors, type SafetensorsFile, type Tensor } from './safetensors.ts';
import type { Pieces } from './whole-folder.ts';
import { safetensorsPieces } from './write-safetensors.ts';

/** A pretrained or fine-tuned encoder as a folder in Hugging Face's layout. */
export interface Checkpoint {
  readonly config: EncoderConfig;
  /** The files as they are, JSON each. */
  readonly configText: string;
  readonly tokenizer: string;
  readonly tokenizerConfig: string;
  /** Of the encoder: see `encoderParameters`. */
  readonly parameters: Parameters;
}

/** Names of the files that a checkpoint has; weights may be in one file or in several with an index. */
export const CHECKPOINT = {
  config: 'config.json',
  weights: 'model.safetensors',
  index: 'model.safetensors.index.json',
  tokenizer: 'tokenizer.json',
  tokenizerConfig: 'tokenizer_config.json',
} as const;

/** Weights that are programs as well: reading them could run anything. */
const PICKLED = ['pytorch_model.bin', 'pytorch_model.bin.index.json', 'model.pt', 'model.pth', 'model.ckpt'];

/**
 * Reads a checkpoint. Throws E_CHECKPOINT_INVALID: a file that is missing or malformed, an unknown architecture, a tensor that is
 * missing, of another shape or not finite, a vocabulary that is not the model's.
 */
export function readCheckpoint(folder: string): Checkpoint {
  const { config, configText } = readConfig(folder);
  const tokenizer = readText(folder, CHECKPOINT.tokenizer);
  checkVocabulary(parseJson(tokenizer, join(folder, CHECKPOINT.tokenizer)), config, join(folder, CHECKPOINT.tokenizer));
  const hasOptions = existsSync(join(folder, CHECKPOINT.tokenizerConfig));
  const tokenizerConfig = hasOptions ? readText(folder, CHECKPOINT.tokenizerConfig) : '{}';
  parseJson(tokenizerConfig, join(folder, CHECKPOINT.tokenizerConfig));
  const weights = openWeights(folder);
  try {
    const parameters = loadParameters(weights, encoderParameters(config));
    return { config, configText, tokenizer, tokenizerConfig, parameters };
  } finally {
    weights.close();
  }
}

/** What `config.json` says, without a look at the weights. Throws E_CHECKPOINT_INVALID. */
export function readConfig(folder: string): Pick<Checkpoint, 'config' | 'configText'> {
  const configText = readText(folder, CHECKPOINT.config);
  const path = join(folder, CHECKPOINT.config);
  return { config: parseEncoderConfig(parseJson(configText, path), path), configText };
}

/** A checkpoint whose `config.json` says something else in some fields. Throws E_CHECKPOINT_INVALID when it is none then. */
export function withConfig(checkpoint: Checkpoint, fields: object): Checkpoint {
  const configText = `${JSON.stringify({ ...JSON.parse(checkpoint.configText), ...fields }, null, 2)}\n`;
  return { ...checkpoint, config: parseEncoderConfig(JSON.parse(configText), CHECKPOINT.config), configText };
}

/** The files of a checkpoint with these parameters, weights in one. */
export function checkpointFiles({
  configText,
  tokenizer,
  tokenizerConfig,
  parameters,
}: Checkpoint): ReadonlyMap<string, Uint8Array | Pieces> {
  return new Map<string, Uint8Array | Pieces>([
    [CHECKPOINT.config, Buffer.from(configText)],
    [CHECKPOINT.tokenizer, Buffer.from(tokenizer)],
    [CHECKPOINT.tokenizerConfig, Buffer.from(tokenizerConfig)],
    [CHECKPOINT.weights, safetensorsPieces(parameters)],
  ]);
}

/** The tensors of a checkpoint, from one file or from several. Throws E_CHECKPOINT_INVALID. The caller closes what it opens. */
export function openWeights(folder: string): SafetensorsFile {
  if (existsSync(join(folder, CHECKPOINT.weights))) return openSafetensors(join(folder, CHECKPOINT.weights));
  if (existsSync(join(folder, CHECKPOINT.index))) return openShards(folder);
  const pickled = PICKLED.find((name) => existsSync(join(folder, name)));
  if (pickled === undefined)
    throw invalid(
      join(folder, CHECKPOINT.weights),
      'there is no such file, nor an index of several: is this the folder of a checkpoint?',
    );
  throw invalid(
    join(folder, pickled),
    'pickled weights are not read, since reading them can run any program: get the checkpoint as safetensors',
  );
}

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/)) });

/** In which of the several weight files each tensor stands: plain names of files in the same folder. Throws E_CHECKPOINT_INVALID. */
export function readIndex(folder: string): Readonly<Record<string, string>> {
  const path = join(folder, CHECKPOINT.index);
  const parsed = indexSchema.safeParse(parseJson(readText(folder, CHECKPOINT.index), path));
  if (!parsed.success) throw invalid(path, `the index is malformed: ${z.prettifyError(parsed.error)}`);
  return parsed.data.weight_map;
}

function openShards(folder: string): SafetensorsFile {
  const path = join(folder, CHECKPOINT.index);
  const places = readIndex(folder);
  const files = new Map<string, SafetensorsFile>();
  const close = (): void => {
    for (const file of files.values()) file.close();
  };
  try {
    for (const name of new Set(Object.values(places))) files.set(name, openSafetensors(join(folder, name)));
  } catch (error) {
    close();
    throw error;
  }
  const read = (name: string): Tensor => {
    const file = files.get(Object.hasOwn(places, name) ? (places[name] ?? '') : '');
    if (file === undefined) throw invalid(path, `${name} is missing`);
    return file.read(name);
  };
  return { names: Object.keys(places), read, close };
}

const tokenizerSchema = z.object({
  added_tokens: z.array(z.object({ id: z.number().int() })).default([]),
  model: z.object({ vocab: z.record(z.string(), z.number().int()) }),
});

/** Every token has a row of the word table: a token without one would be read outside of it. */
function checkVocabulary(tokenizer: unknown, { vocabulary }: EncoderConfig, path: string): void {
  const parsed = tokenizerSchema.safeParse(tokenizer);
  if (!parsed.success) throw invalid(path, 'this is no tokenizer with a vocabulary of words and their numbers');
  const { model, added_tokens } = parsed.data;
  let highest = -1;
  for (const id of Object.values(model.vocab)) highest = Math.max(highest, id);
  for (const { id } of added_tokens) highest = Math.max(highest, id);
  if (highest >= vocabulary)
    throw invalid(path, `the vocabulary goes to token ${highest}, the model has ${vocabulary} only: it is another model's`);
}

function readText(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch (cause) {
    throw new BarographError(
      'E_CHECKPOINT_INVALID',
      `${join(folder, name)} cannot be read: give the folder of a checkpoint in Hugging Face's layout.`,
      { cause },
    );
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BarographError('E_CHECKPOINT_INVALID', `${path}: this is no JSON`, { cause, facts: { path } });
  }
}

const invalid = (path: string, reason: string): BarographError =>
  new BarographError('E_CHECKPOINT_INVALID', `${path}: ${reason}`, { facts: { path } });
