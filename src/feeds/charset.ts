/*
 * The text of a feed's bytes. In order: byte order mark, charset of the Content-Type, encoding of the XML declaration, UTF-8.
 * Servers often claim Latin-1 for what is UTF-8 and UTF-8 for what is Latin-1; bytes beyond ASCII that are valid UTF-8 are
 * hardly ever anything else, and bytes that are not, in a text that claims to be, are read as Windows-1252.
 */

export function decodeBytes(bytes: Uint8Array, contentType: string): string {
  const marked = byteOrderMark(bytes);
  if (marked !== undefined) return new TextDecoder(marked).decode(bytes);
  const claimed = knownLabel(charsetOf(contentType)) ?? knownLabel(declared(bytes)) ?? 'utf-8';
  if (claimed !== 'utf-8' && claimed !== 'windows-1252') return new TextDecoder(claimed).decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Not UTF-8, whatever it claims; Windows-1252 reads any bytes.
    const other = knownLabel(declared(bytes));
    return new TextDecoder(other === undefined || other === 'utf-8' ? 'windows-1252' : other).decode(bytes);
  }
}

function byteOrderMark(bytes: Uint8Array): string | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if ((a === 0xff && b === 0xfe) || (a === 0x3c && b === 0 && c !== 0 && d === 0)) return 'utf-16le';
  if ((a === 0xfe && b === 0xff) || (a === 0 && b === 0x3c && c === 0 && d !== 0)) return 'utf-16be';
  return undefined;
}

function charsetOf(contentType: string): string {
  return /;\s*charset\s*=\s*["']?([\w.:-]+)/i.exec(contentType)?.[1] ?? '';
}

function declared(bytes: Uint8Array): string {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 1024));
  return /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']\s*([\w.:-]+)/i.exec(head)?.[1] ?? '';
}

/** The name by which `TextDecoder` knows an encoding (`latin1` is `windows-1252` there); `undefined` for what it cannot read. */
function knownLabel(label: string): string | undefined {
  if (label === '') return undefined;
  try {
    const { encoding } = new TextDecoder(label);
    // A declaration that could be read byte by byte is not UTF-16, whatever it says.
    return encoding.startsWith('utf-16') ? undefined : encoding;
  } catch {
    return undefined;
  }
}
