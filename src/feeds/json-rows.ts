import type { Readable } from 'node:stream';
import type { FileRow } from './file-row.ts';

/** A longer line is a fault, and is skipped without being kept in memory. */
const MAX_LINE = 2_000_000;

/** The rows of a stream of one JSON value a line. Empty lines count as lines and are no rows. */
export async function* readJsonRows(stream: Readable): AsyncGenerator<FileRow, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  let skipping = false;
  let line = 1;
  for await (const chunk of stream) {
    const text: string = rest + decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let end = text.indexOf('\n', from); end >= 0; end = text.indexOf('\n', from)) {
      if (skipping || end - from > MAX_LINE) yield tooLong(line);
      else if (end > from) {
        const row = rowOf(text.slice(from, end), line);
        if (row !== undefined) yield row;
      }
      skipping = false;
      line++;
      from = end + 1;
    }
    rest = skipping ? '' : text.slice(from);
    if (rest.length > MAX_LINE) {
      skipping = true;
      rest = '';
    }
  }
  const last = rest + decoder.decode();
  if (skipping) yield tooLong(line);
  else {
    const row = rowOf(last, line);
    if (row !== undefined) yield row;
  }
}

function tooLong(line: number): FileRow {
  return { line, value: undefined, fault: `expected a line of at most ${MAX_LINE} characters`, payload: () => '' };
}

function rowOf(text: string, line: number): FileRow | undefined {
  if (text.trim() === '') return undefined;
  const payload = (): string => text;
  try {
    const value: unknown = JSON.parse(text);
    return { line, value, fault: undefined, payload };
  } catch (cause) {
    return {
      line,
      value: undefined,
      fault: `expected JSON: ${cause instanceof Error ? cause.message.slice(0, 200) : ''}`,
      payload,
    };
  }
}
