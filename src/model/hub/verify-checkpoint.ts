import { BarographError } from '../../domain/errors.ts';
import { openWeights, readCheckpoint } from '../checkpoint/checkpoint-folder.ts';
import { findAltered } from './model-record.ts';

/**
 * Looks for what is wrong with the folder of a checkpoint: files against their recorded sums, where there are some; every tensor, also
 * those that the encoder does not use; the checkpoint as a whole. Gives a sentence for each fault, none when all is well.
 */
export async function findFaults(folder: string): Promise<readonly string[]> {
  const faults = [...(await findAltered(folder))];
  const note = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof BarographError)) throw error;
      if (!faults.includes(error.message)) faults.push(error.message);
    }
  };
  note(() => {
    const weights = openWeights(folder);
    try {
      for (const name of weights.names) note(() => weights.read(name));
    } finally {
      weights.close();
    }
  });
  note(() => readCheckpoint(folder));
  return faults;
}
