import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { BarographError } from '../../domain/errors.ts';
import { openSafetensors, type Tensor } from '../checkpoint/safetensors.ts';
import { writeSynced } from '../checkpoint/whole-folder.ts';
import { safetensorsPieces } from '../checkpoint/write-safetensors.ts';

const progressSchema = z.object({
  /** Of what the run was made: another one must not be resumed from here. */
  run: z.string(),
  steps: z.number().int().nonnegative(),
  best: z.object({ value: z.number(), step: z.number().int() }).nullable(),
  /** Validations since the best. */
  waited: z.number().int().nonnegative(),
});

/** Where a run stands, beside its tensors. */
export type Progress = z.infer<typeof progressSchema>;

/** Writes a checkpoint beside the one before and renames: a folder always holds a whole one. Throws E_OUTPUT_FAILED. */
export function saveCheckpoint(folder: string, progress: Progress, state: ReadonlyMap<string, Tensor>): void {
  const beside = `${folder}.new`;
  try {
    rmSync(beside, { recursive: true, force: true });
    mkdirSync(beside, { recursive: true });
    writeSynced(join(beside, 'state.safetensors'), safetensorsPieces(state));
    writeSynced(join(beside, 'progress.json'), [Buffer.from(`${JSON.stringify(progress)}\n`)]);
    const old = `${folder}.old`;
    rmSync(old, { recursive: true, force: true });
    if (existsSync(folder)) renameSync(folder, old);
    renameSync(beside, folder);
    rmSync(old, { recursive: true, force: true });
  } catch (cause) {
    rmSync(beside, { recursive: true, force: true });
    throw new BarographError('E_OUTPUT_FAILED', `The checkpoint cannot be written to ${folder}; the one before is kept.`, {
      cause,
    });
  }
}

/** The checkpoint of a folder, or undefined when there is none. Throws E_CHECKPOINT_INVALID when it is of another run or damaged. */
export function loadCheckpoint(
  folder: string,
  run: string,
): { readonly progress: Progress; readonly state: ReadonlyMap<string, Tensor> } | undefined {
  // Killed between the two renames, the one before is whole.
  const from = [folder, `${folder}.old`].find((path) => existsSync(join(path, 'progress.json')));
  if (from === undefined) return undefined;
  const progress = readProgress(from);
  if (progress.run !== run)
    throw new BarographError(
      'E_CHECKPOINT_INVALID',
      `${from} is of a run with other data or settings: remove it, or choose another folder.`,
    );
  const file = openSafetensors(join(from, 'state.safetensors'));
  try {
    return { progress, state: new Map(file.names.map((name) => [name, file.read(name)])) };
  } finally {
    file.close();
  }
}

function readProgress(folder: string): Progress {
  try {
    return progressSchema.parse(JSON.parse(readFileSync(join(folder, 'progress.json'), 'utf8')));
  } catch (cause) {
    throw new BarographError('E_CHECKPOINT_INVALID', `${folder}/progress.json is damaged: remove ${folder} to begin anew.`, {
      cause,
    });
  }
}
