import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { BarographError } from '../../domain/errors.ts';
import { type Checkpoint, checkpointFiles, readCheckpoint } from '../checkpoint/checkpoint-folder.ts';
import { openSafetensors, type Tensor } from '../checkpoint/safetensors.ts';
import { type Pieces, writeWholeFolder } from '../checkpoint/whole-folder.ts';
import { encodeSafetensors } from '../checkpoint/write-safetensors.ts';
import type { ActivationRanges, ChannelRange } from '../encoder/activation-ranges.ts';
import { PREPARATION } from '../text-preparation.ts';
import { headsSchema } from './bundle-config.ts';
import { type BundleHeads, headTensors, readHead } from './head-tensors.ts';

const settingsSchema = z.strictObject({
  format: z.literal(1),
  /** Version of the text preparation that it was trained with. */
  preparation: z.literal(PREPARATION),
  maxTokens: z.number().int().positive(),
  /** Whether it was trained on texts with entities. */
  entities: z.boolean(),
  heads: headsSchema,
});

/**
 * A fine-tuned encoder in fp32 with its heads on the mean of its last layer: what training may go on from, and what bundles of any
 * precision are published from. As a folder it is a checkpoint in Hugging Face's layout, so that other tools read the encoder, with
 * three files more: `barograph.json`, `heads.safetensors`, and `ranges.safetensors` for int8.
 */
export interface FineTuned {
  readonly checkpoint: Checkpoint;
  readonly settings: z.infer<typeof settingsSchema>;
  readonly heads: BundleHeads;
  /** What every linear layer's input was seen to range over. */
  readonly ranges: ActivationRanges;
}

const [SETTINGS, HEADS, RANGES] = ['barograph.json', 'heads.safetensors', 'ranges.safetensors'];

/** The files that a fine-tuned model has besides those of a checkpoint. */
export const FINE_TUNED_FILES: ReadonlySet<string> = new Set([SETTINGS, HEADS, RANGES]);

/** Whether a folder holds a fine-tuned model, and not just a checkpoint. */
export function isFineTuned(folder: string): boolean {
  return existsSync(join(folder, SETTINGS));
}

/** Writes a model whole or not at all. Throws E_OUTPUT_FAILED. */
export function writeFineTuned(folder: string, { checkpoint, settings, heads, ranges }: FineTuned): void {
  const tensors = new Map<string, Tensor>();
  for (const [layer, { low, high }] of ranges) {
    tensors.set(`${layer}.low`, { shape: [low.length], data: low });
    tensors.set(`${layer}.high`, { shape: [high.length], data: high });
  }
  const files = new Map<string, Uint8Array | Pieces>([
    ...checkpointFiles(checkpoint),
    [SETTINGS, Buffer.from(`${JSON.stringify(settings, null, 2)}\n`)],
    [HEADS, encodeSafetensors(headTensors(heads))],
    [RANGES, encodeSafetensors(tensors)],
  ]);
  writeWholeFolder(folder, files, { replace: true });
}

/** Reads a model. Throws E_CHECKPOINT_INVALID naming the file. */
export function readFineTuned(folder: string): FineTuned {
  const checkpoint = readCheckpoint(folder);
  const settings = readSettings(join(folder, SETTINGS));
  return { checkpoint, settings, heads: readHeads(folder, checkpoint, settings), ranges: readRanges(join(folder, RANGES)) };
}

function readSettings(path: string): FineTuned['settings'] {
  try {
    return settingsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new BarographError('E_CHECKPOINT_INVALID', `${path} cannot be used: ${reason}`, { cause });
  }
}

function readHeads(folder: string, { config }: Checkpoint, { heads }: FineTuned['settings']): BundleHeads {
  const file = openSafetensors(join(folder, HEADS));
  try {
    const head = (name: keyof BundleHeads) => readHead(file, name, heads[name].labels.length, config.hidden);
    return { sentiment: head('sentiment'), topic: head('topic') };
  } catch (cause) {
    if (cause instanceof BarographError) throw cause;
    throw new BarographError('E_CHECKPOINT_INVALID', `${folder}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  } finally {
    file.close();
  }
}

function readRanges(path: string): ActivationRanges {
  const file = openSafetensors(path);
  try {
    const layers = file.names.filter((name) => name.endsWith('.low')).map((name) => name.slice(0, -'.low'.length));
    return new Map(
      layers.map((layer): [string, ChannelRange] => [
        layer,
        { low: file.read(`${layer}.low`).data, high: file.read(`${layer}.high`).data },
      ]),
    );
  } finally {
    file.close();
  }
}
