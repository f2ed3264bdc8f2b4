import { basename } from 'node:path';
import type { Article } from '../domain/article.ts';
import type { Clock } from '../domain/clock.ts';
import { BarographError } from '../domain/errors.ts';
import { readCsvRows } from './csv-rows.ts';
import { invalid } from './file-row.ts';
import { openInput } from './input-file.ts';
import { readJsonRows } from './json-rows.ts';
import { articleOfRow, COLUMNS, plainColumn, type RowContext, type RowMemory } from './row-to-article.ts';

/** An article of a file, or a fault in it. `lines` is how many rows it was made of: several when they share an id. */
export type FileRecord =
  | { readonly line: number; readonly lines: number; readonly article: Article; readonly fault: undefined; readonly payload: '' }
  | { readonly line: number; readonly lines: 1; readonly article: undefined; readonly fault: string; readonly payload: string };

export interface ArticleFileOptions {
  /** Source of rows that name none; the file's name by default. */
  readonly source?: string;
  /** An article arrives when it was published; a row without a date takes that of the row before it. */
  readonly replay: boolean;
  /** When the articles arrive, unless it is a replay. */
  readonly clock: Clock;
}

export type FileFormat = 'ndjson' | 'csv' | 'feed';

const TITLES: readonly string[] = COLUMNS.title;
const TEXT_COLUMNS = { names: 'title, headline or text', accept: (name: string) => TITLES.includes(plainColumn(name)) };
const MAX_PAYLOAD = 65_536;

/**
 * Reads articles from an NDJSON or CSV file, `.gz` too, row by row in constant memory. What is wrong with a row is a value;
 * rejects only for the file as a whole: `E_INPUT_MISSING`, or `E_INPUT_INVALID` when it is of another format, has no column
 * with a text, or its compression is broken. The tickers of adjacent rows with one `id` are united in one article.
 */
export async function* readArticleFile(path: string, options: ArticleFileOptions): AsyncGenerator<FileRecord, void, undefined> {
  const format = await detectFormat(path);
  if (format === 'feed') throw invalid(path, 'it is XML; feeds are read with `barograph ingest`');
  const source = options.source ?? basename(path).replace(/(?:\.(?:ndjson|jsonl|json|csv|tsv|txt))?(?:\.gz)?$/i, '');
  const context: RowContext = { source, replay: options.replay, clock: options.clock };
  const memory: RowMemory = { lastAt: undefined };
  let pending: { line: number; lines: number; article: Article; rowId: string } | undefined;
  const stream = await openInput(path);
  try {
    for await (const row of format === 'csv' ? readCsvRows(stream, path, TEXT_COLUMNS) : readJsonRows(stream)) {
      const made = row.fault ?? articleOfRow(row.value, context, memory);
      if (typeof made !== 'string' && pending !== undefined && made.rowId !== '' && made.rowId === pending.rowId) {
        pending.lines++;
        pending.article = withTickers(pending.article, made.article.tickers);
        continue;
      }
      if (pending !== undefined) yield record(pending);
      pending = undefined;
      if (typeof made === 'string')
        yield { line: row.line, lines: 1, article: undefined, fault: made, payload: row.payload().slice(0, MAX_PAYLOAD) };
      else pending = { line: row.line, lines: 1, ...made };
    }
  } catch (cause) {
    throw cause instanceof BarographError ? cause : invalid(path, cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    stream.destroy();
  }
  if (pending !== undefined) yield record(pending);
}

function record(pending: { line: number; lines: number; article: Article }): FileRecord {
  return { line: pending.line, lines: pending.lines, article: pending.article, fault: undefined, payload: '' };
}

function withTickers(article: Article, more: readonly string[]): Article {
  const added = more.filter((ticker) => !article.tickers.includes(ticker));
  return added.length === 0 ? article : { ...article, tickers: [...article.tickers, ...added] };
}

/** What a file holds: by its name where that says so, else by its first character. Rejects with `E_INPUT_MISSING`. */
export async function detectFormat(path: string): Promise<FileFormat> {
  const name = /\.(ndjson|jsonl|csv|tsv|xml|rss|atom|rdf)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase();
  const stream = await openInput(path);
  try {
    if (name !== undefined)
      return name === 'ndjson' || name === 'jsonl' ? 'ndjson' : name === 'csv' || name === 'tsv' ? 'csv' : 'feed';
    for await (const chunk of stream) {
      const start = String(chunk)
        .replace(/^\ufeff/, '')
        .trimStart()
        .slice(0, 1);
      if (start === '') continue;
      if (start === '[') throw invalid(path, 'it is a JSON array; one object a line (NDJSON) is read');
      return start === '{' ? 'ndjson' : start === '<' ? 'feed' : 'csv';
    }
    return 'csv';
  } catch (cause) {
    throw cause instanceof BarographError ? cause : invalid(path, cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    stream.destroy();
  }
}
