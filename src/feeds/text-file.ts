import { BarographError } from '../domain/errors.ts';
import { detectFormat } from './article-file.ts';
import { readCsvRows } from './csv-rows.ts';
import { invalid } from './file-row.ts';
import { openInput } from './input-file.ts';
import { readJsonRows } from './json-rows.ts';

/**
 * The texts of some columns of a CSV or NDJSON file, `.gz` too, in order and as they stand there: one list for every row, in the
 * order of `columns`, with `''` where a row has none. Rejects with `E_INPUT_MISSING`, or with `E_INPUT_INVALID` when the file lacks
 * a column or a row cannot be read: rows are counted by whoever reads the result, so that none may be left out.
 */
export async function* readColumns(path: string, columns: readonly string[]): AsyncGenerator<string[], void, undefined> {
  const format = await detectFormat(path);
  if (format === 'feed') throw invalid(path, 'it is XML; CSV and NDJSON are read');
  const stream = await openInput(path);
  const wanted = { names: columns.join(' or '), accept: (name: string) => columns.includes(name) };
  const missing = new Set(columns);
  let rows = 0;
  try {
    for await (const { line, value, fault } of format === 'csv' ? readCsvRows(stream, path, wanted) : readJsonRows(stream)) {
      if (fault !== undefined) throw invalid(path, `line ${line}: ${fault}`);
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw invalid(path, `line ${line}: expected an object`);
      rows++;
      yield columns.map((column) => {
        const text: unknown = Object.hasOwn(value, column) ? Reflect.get(value, column) : undefined;
        if (text !== undefined) missing.delete(column);
        return typeof text === 'string' ? text : typeof text === 'number' ? String(text) : '';
      });
    }
  } catch (cause) {
    throw cause instanceof BarographError ? cause : invalid(path, cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    stream.destroy();
  }
  if (rows > 0 && missing.size > 0) throw invalid(path, `no row has a field ${[...missing].join(', ')}`);
}
