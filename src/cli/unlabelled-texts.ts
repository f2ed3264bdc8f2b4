import { BarographError } from '../domain/errors.ts';
import { readColumns } from '../feeds/text-file.ts';
import type { ClassifyInput } from '../model/serving/port.ts';
import { prepareText } from '../model/text-preparation.ts';

/** Fewer characters say nothing to learn from. */
const SHORTEST = 12;

/**
 * The texts of some files, each once: texts that are equal once prepared are one. With an entity column a text is also asked about
 * every entity that stands beside it. Rejects with E_INPUT_MISSING and E_INPUT_INVALID.
 */
export async function readUnlabelledTexts(
  files: readonly string[],
  column: string,
  entityColumn?: string,
): Promise<readonly ClassifyInput[]> {
  const inputs = new Map<string, ClassifyInput>();
  const columns = entityColumn === undefined ? [column] : [column, entityColumn];
  for (const file of files) {
    for await (const [text = '', entity = ''] of readColumns(file, columns)) {
      const prepared = prepareText(text);
      if (prepared.length < SHORTEST) continue;
      if (!inputs.has(prepared)) inputs.set(prepared, { text });
      const pair = `${prepared}\n${prepareText(entity)}`;
      if (entity.trim() !== '' && !inputs.has(pair)) inputs.set(pair, { text, entity });
    }
  }
  if (inputs.size < 2) throw new BarographError('E_INPUT_INVALID', `${files.join(', ')}: there are no texts to learn from.`);
  return [...inputs.values()];
}
