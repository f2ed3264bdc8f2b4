import { BarographError } from '../domain/errors.ts';
import { readColumns } from '../feeds/text-file.ts';
import type { ClassifyInput } from '../model/serving/port.ts';
import { prepareText } from '../model/text-preparation.ts';

/** Fewer characters say nothing to learn from. */
const SHORTEST = 12;

/**
 * The texts of some files, each once: texts that are equal once prepared are one. With an entity column a text is asked about its
 * entity as well. Rejects with E_INPUT_MISSING and E_INPUT_INVALID.
 */
export async function readUnlabelledTexts(
  files: readonly string[],
  column: string,
  entityColumn?: string,
): Promise<readonly ClassifyInput[]> {
  const seen = new Set<string>();
  const texts: ClassifyInput[] = [];
  for (const file of files) {
    for await (const [text = '', entity = ''] of readColumns(
      file,
      entityColumn === undefined ? [column] : [column, entityColumn],
    )) {
      const prepared = prepareText(text);
      if (prepared.length < SHORTEST) continue;
      for (const asked of entity.trim() === '' ? [''] : ['', entity]) {
        const key = `${prepared}\n${asked}`;
        if (seen.has(key)) continue;
        seen.add(key);
        texts.push(asked === '' ? { text } : { text, entity: asked });
      }
    }
  }
  if (texts.length < 2) throw new BarographError('E_INPUT_INVALID', `${files.join(', ')}: there are no texts to learn from.`);
  return texts;
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
