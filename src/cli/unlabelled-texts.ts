import { BarographError } from '../domain/errors.ts';
import { readColumns } from '../feeds/text-file.ts';
import { prepareText } from '../model/text-preparation.ts';

/** Fewer characters say nothing to learn from. */
const SHORTEST = 12;

/**
 * The texts of some files, each once: texts that are equal once prepared are one. Rejects with E_INPUT_MISSING and E_INPUT_INVALID.
 */
export async function readUnlabelledTexts(files: readonly string[], column: string): Promise<readonly string[]> {
  const texts = new Map<string, string>();
  for (const file of files) {
    for await (const [text = ''] of readColumns(file, [column])) {
      const prepared = prepareText(text);
      if (prepared.length >= SHORTEST && !texts.has(prepared)) texts.set(prepared, text);
    }
  }
  if (texts.size < 2) throw new BarographError('E_INPUT_INVALID', `${files.join(', ')}: there are no texts to learn from.`);
  return [...texts.values()];
}

/** Every so many texts one is held out, to measure on. */
export function heldOut<T>(
  texts: readonly T[],
  share: number,
): { readonly training: readonly T[]; readonly heldOut: readonly T[] } {
  const stride = Math.max(2, Math.round(1 / share));
  return {
    training: texts.filter((_, i) => i % stride !== stride - 1),
    heldOut: texts.filter((_, i) => i % stride === stride - 1),
  };
}
