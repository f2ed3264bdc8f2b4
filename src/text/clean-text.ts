/*
 * Text as every later stage may trust it: one line, no control characters, well-formed UTF-16, of bounded length. Marks that
 * reorder what a person reads (bidirectional embeddings and isolates) go too; joiners, which scripts and emoji need, stay.
 */

const INVISIBLE = /[\p{Cc}\u00ad\u180e\u200b\u2060-\u2064\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb]/u;
const SPACES = /[\s\u0085]+/g;
const CONTROL = /[\p{Cc}\u00ad\u180e\u200b\u2060-\u2064\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb]+/gu;
const UNTIDY = /\s\s|[^\S ]|^\s|\s$/;

/** Cleans plain text and cuts it to `maxLength` UTF-16 units, at a word where possible, with an ellipsis. */
export function cleanText(text: string, maxLength: number): string {
  let clean = text.length > maxLength * 4 ? text.slice(0, maxLength * 4) : text;
  if (!clean.isWellFormed()) clean = clean.toWellFormed();
  if (UNTIDY.test(clean)) clean = clean.replace(SPACES, ' ');
  if (INVISIBLE.test(clean)) clean = clean.replace(CONTROL, '').replace(SPACES, ' ');
  clean = clean.trim();
  return clean.length <= maxLength ? clean : cut(clean, maxLength);
}

function cut(text: string, maxLength: number): string {
  let end = maxLength - 1;
  const space = text.lastIndexOf(' ', end);
  if (space > maxLength * 0.8) end = space;
  else if (isHighSurrogate(text.charCodeAt(end - 1))) end--;
  return `${text.slice(0, end).trimEnd()}…`;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
