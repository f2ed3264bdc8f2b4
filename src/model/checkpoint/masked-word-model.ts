import { type Checkpoint, checkpointFiles, withConfig } from './checkpoint-folder.ts';
import type { Parameters } from './parameters.ts';
import { writeWholeFolder } from './whole-folder.ts';

const ARCHITECTURES = { bert: 'BertForMaskedLM', roberta: 'RobertaForMaskedLM' } as const;

/**
 * Writes a language model as transformers' `...ForMaskedLM` reads it: the encoder's parameters under the family's prefix, the head's
 * beside them; the last layer is the word table. Throws E_OUTPUT_FAILED.
 */
export function writeMaskedWordModel(folder: string, checkpoint: Checkpoint, parameters: Parameters): void {
  const { family } = checkpoint.config;
  const isEncoder = (name: string): boolean => checkpoint.parameters.has(name);
  const tensors = new Map([...parameters].map(([name, tensor]) => [isEncoder(name) ? `${family}.${name}` : name, tensor]));
  const named = withConfig(checkpoint, { architectures: [ARCHITECTURES[family]] });
  writeWholeFolder(folder, checkpointFiles({ ...named, parameters: tensors }), { replace: true });
}
