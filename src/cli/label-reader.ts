import { BarographError } from '../domain/errors.ts';

export interface LabelNames {
  /** Of the head, in the order of its classes. */
  readonly names: readonly string[];
  /** What the numbers 0, 1, 2, … of the file mean; numbers cannot be read without. */
  readonly numbered: readonly string[] | undefined;
  /** The names were taken from the file itself, so that it need not have all of the numbered ones. */
  readonly found?: boolean;
  /** The file, for messages. */
  readonly file: string;
  /** How to say what numbers mean. */
  readonly hint: string;
}

/** The class that a label of a file means: a name, in any case, or a number. Rows count from 0. Throws E_INPUT_INVALID and E_USAGE. */
export function labelReader({
  names,
  numbered = [],
  found: ownNames = false,
  file,
  hint,
}: LabelNames): (label: string, row: number) => number {
  const plain = (name: string): string => name.trim().toLowerCase();
  const byName = new Map(names.map((name, index) => [plain(name), index]));
  for (const name of numbered)
    if (!ownNames && !byName.has(plain(name)))
      throw new BarographError('E_USAGE', `${hint}: ${name} is no label of the model, which has ${names.join(', ')}.`);
  return (label, row) => {
    const isNumber = /^\d+$/.test(label);
    const found = byName.get(plain(isNumber ? (numbered[Number(label)] ?? label) : label));
    if (found !== undefined) return found;
    const more = isNumber ? `; say with ${hint} what the numbers mean` : '';
    throw new BarographError(
      'E_INPUT_INVALID',
      `${file} cannot be used: row ${row}: the label ${JSON.stringify(label)} is none of ${names.join(', ')}${more}.`,
    );
  };
}
