import { BarographError } from '../domain/errors.ts';
import { type FineTuned, isFineTuned, readFineTuned } from '../model/bundle/fine-tuned.ts';
import { type Checkpoint, readCheckpoint } from '../model/checkpoint/checkpoint-folder.ts';
import { maxTokens } from '../model/checkpoint/encoder-config.ts';
import { resolveModel } from '../model/hub/model-store.ts';
import { cacheFolder } from './cache-folder.ts';

/** What a training begins with. */
export interface StartModel {
  readonly folder: string;
  readonly checkpoint: Checkpoint;
  /** When it was fine-tuned here: its heads go on as well. */
  readonly tuned?: FineTuned;
}

/** How a start is named, for the help. */
export const START_MODEL = 'name of a model that was pulled or imported, or folder of a checkpoint or of a fine-tuned model';

/**
 * Reads a start by its name or folder. `limit` is how many tokens of a text are asked for, `key` how the user says so. Throws
 * E_INPUT_MISSING, E_CHECKPOINT_INVALID, and E_USAGE when the model takes fewer tokens.
 */
export function openStart(text: string, limit: number, key: string): StartModel {
  const { folder } = resolveModel(cacheFolder({}), text);
  const tuned = isFineTuned(folder) ? readFineTuned(folder) : undefined;
  const checkpoint = tuned?.checkpoint ?? readCheckpoint(folder);
  const most = maxTokens(checkpoint.config);
  if (limit > most) throw new BarographError('E_USAGE', `${key} is ${limit}, but this model takes ${most} tokens of a text.`);
  return { folder, checkpoint, ...(tuned === undefined ? {} : { tuned }) };
}

/** The start as trainings take it. */
export function startOf({ checkpoint: { config, parameters }, tuned }: StartModel) {
  return { config, parameters, ...(tuned === undefined ? {} : { heads: tuned.heads }) };
}
