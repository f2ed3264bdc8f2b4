import { compile } from 'html-to-text';
import { cleanText } from './clean-text.ts';

/** Longer ones are no headlines; cutting them keeps every later cost bounded. */
export const MAX_TITLE = 1000;
export const MAX_SUMMARY = 4000;

/** What the parser reads of one text: markup outweighs its words, but a megabyte of it is read no further. */
const MAX_HTML = 65_536;

const convert = compile({
  wordwrap: false,
  decodeEntities: true,
  limits: { maxInputLength: MAX_HTML, maxDepth: 64, maxChildNodes: 2000, ellipsis: '…' },
  selectors: [
    { selector: 'a', options: { ignoreHref: true } },
    { selector: 'img', format: 'skip' },
    { selector: 'script', format: 'skip' },
    { selector: 'style', format: 'skip' },
    { selector: 'iframe', format: 'skip' },
    { selector: 'svg', format: 'skip' },
    { selector: 'table', format: 'block' },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
});

const TAG = /<[a-z!/?][^<>]*>/i;
const TAGS = /<[a-z!/?][^<>]*>/gi;
const ENTITY = /&(?:[a-z][a-z0-9]{1,31}|#\d{1,7}|#x[0-9a-f]{1,6});/gi;
const SIMPLE: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/**
 * Plain text of a text that may hold HTML, cleaned as `cleanText` does and at most `maxLength` long. Feeds often escape twice
 * (`&amp;lt;b&amp;gt;`), so what still looks like markup is converted again; nothing of the shape of a tag is ever returned.
 * Text without `<` and `&`, the common case, is not parsed at all.
 */
export function htmlToText(html: string, maxLength: number): string {
  let text = html.length > MAX_HTML ? html.slice(0, MAX_HTML) : html;
  for (let round = 0; round < 3 && (text.includes('<') || text.includes('&')); round++) {
    const before: string = text;
    text = TAG.test(before) ? convert(before) : decodeEntities(before);
    if (text === before) break;
  }
  text = cleanText(text, maxLength);
  // Removing a control character or a tag may join the halves of another, so this goes on until nothing changes.
  for (let round = 0; TAG.test(text) && round < 8; round++) text = cleanText(text.replace(TAGS, ' '), maxLength);
  return TAG.test(text) ? cleanText(text.replace(/[<>]/g, ' '), maxLength) : text;
}

/** The few entities that headlines have are decoded here, some fifty times faster than by a parser; the others by it. */
function decodeEntities(text: string): string {
  let rare = false;
  const decoded = text.replace(ENTITY, (whole) => {
    const name = whole.slice(1, -1);
    const simple = SIMPLE[name];
    if (simple !== undefined) return simple;
    const code = name.startsWith('#') ? codePoint(name) : undefined;
    if (code !== undefined) return String.fromCodePoint(code);
    rare = true;
    return whole;
  });
  return rare ? convert(text) : decoded;
}

/** Of the characters that mean themselves; 128-159 stand for Windows-1252 in HTML and are left to the parser. */
function codePoint(reference: string): number | undefined {
  const hex = reference[1] === 'x' || reference[1] === 'X';
  const code = hex ? Number.parseInt(reference.slice(2), 16) : Number.parseInt(reference.slice(1), 10);
  const plain = (code >= 32 && code < 128) || (code >= 160 && code < 0xd800) || (code >= 0xe000 && code <= 0x10ffff);
  return plain ? code : undefined;
}
