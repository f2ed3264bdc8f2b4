import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import { type FileRow, invalid } from './file-row.ts';

const MAX_RECORD = 2_000_000;

/** A column that a file must have for anything to come of it. */
export interface ColumnsWanted {
  readonly names: string;
  readonly accept: (name: string) => boolean;
}

/** The rows of a CSV stream, quoted as in RFC 4180, with a header; columns by tabs when the file is called `.tsv`. */
export async function* readCsvRows(
  stream: Readable,
  path: string,
  wanted: ColumnsWanted,
): AsyncGenerator<FileRow, void, undefined> {
  const skipped: FileRow[] = [];
  const parser = parse({
    bom: true,
    delimiter: /\.tsv(?:\.gz)?$/i.test(path) ? '\t' : ',',
    columns: (header: string[]) => checkHeader(header, path, wanted),
    info: true,
    max_record_size: MAX_RECORD,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip(error: CsvError | undefined, raw: string | undefined): undefined {
      skipped.push({
        line: lineOf(error),
        value: undefined,
        fault: `expected a CSV row: ${error?.message.slice(0, 200) ?? ''}`,
        payload: () => raw ?? '',
      });
    },
  });
  // An error of the file arrives here as the parser's; the callback only keeps it from being unhandled.
  pipeline(stream, parser, () => undefined);
  let line = 2;
  for await (const { record, info } of parser) {
    while (skipped.length > 0) yield skipped.shift()!; // length checked
    yield { line, value: record, fault: undefined, payload: () => JSON.stringify(record) };
    line = info.lines + 1;
  }
  yield* skipped;
}

function checkHeader(header: string[], path: string, wanted: ColumnsWanted): string[] {
  const names = header.map((name) => name.trim());
  if (names.some(wanted.accept)) return names;
  throw invalid(path, `its first line names no column ${wanted.names}, but ${names.slice(0, 20).join(', ').slice(0, 300)}`);
}

function lineOf(error: CsvError | undefined): number {
  const lines: unknown = error === undefined ? undefined : error.lines;
  return typeof lines === 'number' ? lines : 0;
}
