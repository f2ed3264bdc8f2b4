import { BarographError } from '../domain/errors.ts';

const INVALID = /[[\p{Cc}\ufffe\uffff]--[\t\n\r]]/gv;
/** An ampersand that begins none of XML's own references; HTML's names (`&nbsp;`) are decoded later, as text. */
const BARE_AMPERSAND = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)/g;
const REFERENCE = /&#(?:(\d{1,7})|x([0-9a-fA-F]{1,6}));/g;

/**
 * Makes what real feeds do wrong well-formed, where the meaning is plain: control characters, ampersands and HTML entities
 * that are not declared, references to characters that do not exist, something before the first `<` or after the last `>`.
 * Says what a text is that can be no feed: rejects a web page, JSON and an empty body with `E_FEED_MALFORMED`.
 */
export function mendXml(text: string): string {
  const from = text.indexOf('<');
  const trimmed = from < 0 ? '' : text.slice(from, text.lastIndexOf('>') + 1);
  if (trimmed === '') throw malformed(whatInstead(text));
  if (/^(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b/i.test(trimmed.slice(0, 4000))) {
    throw malformed('it is a web page (HTML); look there for the address of its feed');
  }
  return protectXhtml(trimmed)
    .replace(INVALID, ' ')
    .replace(BARE_AMPERSAND, '&amp;')
    .replace(REFERENCE, (whole, decimal, hex) => {
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      const exists =
        code === 9 ||
        code === 10 ||
        code === 13 ||
        (code >= 32 && code < 0xd800) ||
        (code > 0xdfff && code < 0xfffe) ||
        (code > 0xffff && code <= 0x10ffff);
      return exists ? whole : ' ';
    });
}

const XHTML_START =
  /<((?:atom:)?(?:title|summary|content))\b[^<>]*\btype\s*=\s*["'](?:application\/)?xhtml(?:\+xml)?["'][^<>]*>/g;

/** XHTML within Atom becomes text: as XML, the parser would put its words out of order. */
function protectXhtml(xml: string): string {
  let mended = '';
  let from = 0;
  XHTML_START.lastIndex = 0;
  for (let start = XHTML_START.exec(xml); start !== null; start = XHTML_START.exec(xml)) {
    const inner = XHTML_START.lastIndex;
    const end = xml.indexOf(`</${start[1]}`, inner);
    if (end < 0) break;
    const content = xml.slice(inner, end).replace(/<!\[CDATA\[|\]\]>/g, '');
    mended += `${xml.slice(from, inner)}<![CDATA[${content}]]>`;
    from = end;
    XHTML_START.lastIndex = end;
  }
  return from === 0 ? xml : mended + xml.slice(from);
}

function whatInstead(text: string): string {
  const start = text.trimStart().slice(0, 1);
  if (start === '') return 'it is empty';
  return start === '{' || start === '[' ? 'it is JSON; only RSS, Atom and RDF are read' : 'it is no XML';
}

export function malformed(what: string, cause?: unknown): BarographError {
  return new BarographError(
    'E_FEED_MALFORMED',
    `This is no RSS, Atom or RDF feed: ${what}.`,
    cause === undefined ? {} : { cause },
  );
}
