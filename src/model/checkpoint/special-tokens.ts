import { z } from 'zod';
import { BarographError } from '../../domain/errors.ts';
import type { Checkpoint } from './checkpoint-folder.ts';

const tokenizerSchema = z.object({
  added_tokens: z.array(z.object({ id: z.number().int(), content: z.string(), special: z.boolean().default(true) })).default([]),
});

/** Tokens of a vocabulary that are no words. */
export interface SpecialTokens {
  readonly maskId: number;
  /** The mask among them. */
  readonly ids: readonly number[];
}

/** The special tokens of a checkpoint's tokenizer. Throws E_CHECKPOINT_INVALID when there is no mask. */
export function specialTokens({ tokenizer, config }: Checkpoint): SpecialTokens {
  const tokens = tokenizerSchema.parse(JSON.parse(tokenizer)).added_tokens.filter(({ special }) => special);
  const mask = config.family === 'bert' ? '[MASK]' : '<mask>';
  const maskId = tokens.find(({ content }) => content === mask)?.id;
  if (maskId === undefined)
    throw new BarographError('E_CHECKPOINT_INVALID', `The tokenizer has no ${mask}: words cannot be masked with it.`);
  return { maskId, ids: [...new Set([config.padId, ...tokens.map(({ id }) => id)])] };
}
