import type { Article, Instant } from '../domain/article.ts';
import { articleId } from '../domain/article-id.ts';
import type { Clock } from '../domain/clock.ts';
import { canonicalUrl } from '../text/canonical-url.ts';
import { normaliseSymbol } from '../text/entities/symbols.ts';
import { htmlToText, MAX_SUMMARY, MAX_TITLE } from '../text/html-to-text.ts';
import { parseDate } from './dates.ts';

/** Names that a column may have, first come first served. Compared without case, spaces and underscores. */
export const COLUMNS = {
  date: ['ts', 'publishedat', 'date', 'pubdate', 'published', 'timestamp', 'time', 'datetime'],
  title: ['title', 'headline', 'text'],
  summary: ['summary', 'description', 'body', 'text'],
  source: ['source'],
  url: ['url', 'link'],
  id: ['id', 'guid'],
  tickers: ['tickers', 'ticker', 'symbols', 'symbol'],
  language: ['language', 'lang'],
} as const;

export function plainColumn(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '');
}

export interface RowContext {
  /** Source of rows that name none. */
  readonly source: string;
  /** In a replay an article arrives when it was published; otherwise now. */
  readonly replay: boolean;
  readonly clock: Clock;
}

/** What was read before, for rows without a date. One a file. */
export interface RowMemory {
  lastAt: Instant | undefined;
}

/** The article of a row, and the row's own id, or a text that says why there is none. */
export function articleOfRow(
  row: unknown,
  context: RowContext,
  memory: RowMemory,
): { readonly article: Article; readonly rowId: string } | string {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return 'expected an object with the fields of an article';
  const field = reader(row);
  const title = htmlToText(field(COLUMNS.title), MAX_TITLE);
  if (title === '') return 'expected a text in title, headline or text, got none';
  const dateText = field(COLUMNS.date);
  const date = dateText === '' ? undefined : instantOf(dateText);
  if (dateText !== '' && date === undefined)
    return `expected a date that can be read, got ${JSON.stringify(dateText.slice(0, 60))}`;
  const when = context.replay ? replayed(date, memory) : arrived(date, context.clock.now());
  if (when === undefined) return 'expected a date (ts, publishedAt or date), got none, and no row before has one';
  const rowId = field(COLUMNS.id).slice(0, 1000);
  const source = htmlToText(field(COLUMNS.source), 100) || context.source;
  const url = canonicalUrl(field(COLUMNS.url));
  const summary = htmlToText(field(COLUMNS.summary), MAX_SUMMARY);
  const article: Article = {
    // A date that stands in for a missing one is no part of the identity.
    id: articleId({ url, source, guid: rowId, publishedAt: when.dated ? when.publishedAt : 0, title }),
    source,
    url,
    title,
    summary: summary === title || summary.startsWith(title.slice(0, -1)) ? '' : summary,
    ...when,
    language: /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/.exec(field(COLUMNS.language))?.[0] ?? '',
    tickers: tickersOf(row),
  };
  return { article, rowId };
}

type When = Pick<Article, 'publishedAt' | 'appendedAt' | 'dated'>;

function replayed(date: Instant | undefined, memory: RowMemory): When | undefined {
  const at = date ?? memory.lastAt;
  if (at === undefined) return undefined;
  memory.lastAt = at;
  return { publishedAt: at, appendedAt: at, dated: date !== undefined };
}

function arrived(date: Instant | undefined, now: Instant): When {
  const dated = date !== undefined && date <= now;
  return { publishedAt: dated ? date : now, appendedAt: now, dated };
}

function instantOf(text: string): Instant | undefined {
  // The common form, some ten times faster than all forms; anything odd in it goes the long way.
  if (text.length === 20 && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) {
    const at = Date.parse(text);
    if (!Number.isNaN(at) && at >= Date.UTC(1990, 0, 1)) return at;
  }
  return parseDate(text);
}

/** Reads a field by the first of its names that has a value. */
function reader(row: object): (names: readonly string[]) => string {
  let plain: Map<string, unknown> | undefined;
  return (names) => {
    for (const name of names) {
      const value = text(Object.hasOwn(row, name) ? Reflect.get(row, name) : undefined);
      if (value !== '') return value;
    }
    plain ??= plainFields(row);
    if (plain === undefined) return '';
    for (const name of names) {
      const value = text(plain.get(name));
      if (value !== '') return value;
    }
    return '';
  };
}

/** Fields whose names are not written as in `COLUMNS`. */
function plainFields(row: object): Map<string, unknown> {
  const plain = new Map<string, unknown>();
  for (const [name, value] of Object.entries(row)) {
    const key = plainColumn(name);
    if (key !== name && !plain.has(key)) plain.set(key, value);
  }
  return plain;
}

function text(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : '';
}

function tickersOf(row: object): string[] {
  const found = new Set<string>();
  for (const [name, value] of Object.entries(row)) {
    if (!TICKER_COLUMNS.has(name) && !TICKER_COLUMNS.has(plainColumn(name))) continue;
    const parts: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(/[\s,;|]+/) : [];
    for (const part of parts) {
      const symbol = typeof part === 'string' ? normaliseSymbol(part) : '';
      if (symbol !== '' && found.size < 100) found.add(symbol);
    }
  }
  return [...found];
}

const TICKER_COLUMNS: ReadonlySet<string> = new Set(COLUMNS.tickers);
