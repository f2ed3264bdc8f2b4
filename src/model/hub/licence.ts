import { parse } from 'yaml';
import { z } from 'zod';

const schema = z.object({
  license: z.union([z.string(), z.array(z.string()).transform((all) => all.join(', '))]).optional(),
  /** What `license: other` stands for. */
  license_name: z.string().optional(),
});

/** The licence that a model's card names in the YAML before its text, in one line; undefined when it names none. */
export function licenceOf(readme: string): string | undefined {
  const [, front] = /^\uFEFF?---\r?\n(.*?)\r?\n---\s*(?:\n|$)/s.exec(readme) ?? [];
  if (front === undefined) return undefined;
  try {
    const { license, license_name: name } = schema.parse(parse(front));
    const licence = license === 'other' && name !== undefined ? name : license;
    return licence?.replace(/\p{Cc}+/gu, ' ').slice(0, 200);
  } catch {
    return undefined; // cards are written by hand, and often badly
  }
}
