/**
 * What happens to a text before it is tokenized, the same in training and in serving; a bundle is only right for texts
 * prepared by the version that made it, so a change here needs a new bundle (`PREPARATION` in its config.json).
 *
 * 1. Cut to MAX_UNITS, so that a 1 MB headline costs what a long one costs. Lone surrogates become U+FFFD.
 * 2. Decode HTML entities, once: real feeds and the labelled tweets hold `&amp;`, `&#39;` and the like.
 * 3. Leave out web addresses: a shortened link says nothing, and a test set full of them would reward learning them.
 * 4. Control characters and runs of white space become one space.
 *
 * Case and accents are the tokenizer's business. Cashtags stay: `$TSLA` is part of the news.
 */
export const PREPARATION = 1 as const;

/** UTF-16 code units that are looked at. 128 tokens of English are about 600; of Chinese 128. */
export const MAX_UNITS = 2048;

const ADDRESS = /\b(?:https?:\/\/|www\.)\S+/gi;
const ENTITY = /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is to be removed
const BLANKS = /[\s\u0000-\u001f\u007f-\u009f]+/g;

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  hellip: '…',
  euro: '€',
  pound: '£',
  yen: '¥',
  cent: '¢',
};

/** Pure and total: any string in, a string of at most MAX_UNITS code units out, possibly empty. */
export function prepareText(text: string): string {
  return text.slice(0, MAX_UNITS).toWellFormed().replace(ENTITY, decodeEntity).replace(ADDRESS, ' ').replace(BLANKS, ' ').trim();
}

function decodeEntity(whole: string, decimal?: string, hexadecimal?: string, name?: string): string {
  if (name !== undefined) return (Object.hasOwn(NAMED, name) ? NAMED[name] : undefined) ?? whole;
  const code = decimal !== undefined ? Number.parseInt(decimal, 10) : Number.parseInt(hexadecimal ?? '', 16);
  const valid = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return valid ? String.fromCodePoint(code) : whole;
}
