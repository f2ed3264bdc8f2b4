import { type Doc, type DocKind, type DocOf, rollupId } from '../domain/doc.ts';
import type { Rollup, SeriesPoint } from '../domain/trends.ts';
import type { SqlValue, Write } from '../sqlite/writer.ts';

/* The tables of trends, and documents as their rows. */

export type Row = Record<string, unknown>;

/*
 * Bodies stand in rowid tables, in order of arrival, with a slim index on the id: ids are hashes, and a table clustered by
 * them would dirty a whole page for every row.
 */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS article (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS story (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, published_at INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS story_version ON story (version);
CREATE INDEX IF NOT EXISTS story_published ON story (published_at);
CREATE TABLE IF NOT EXISTS story_series (series TEXT, published_at INTEGER, id TEXT, PRIMARY KEY (series, published_at, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rollup (series TEXT, start INTEGER, width INTEGER, fragment TEXT, version INTEGER NOT NULL, articles INTEGER NOT NULL,
  stories INTEGER NOT NULL, negative INTEGER NOT NULL, neutral INTEGER NOT NULL, positive INTEGER NOT NULL, tone INTEGER NOT NULL,
  PRIMARY KEY (series, start, width, fragment)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS rollup_start ON rollup (start);
CREATE TABLE IF NOT EXISTS alert (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, series TEXT NOT NULL,
  status TEXT NOT NULL, opened_at INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS alert_version ON alert (version);
CREATE INDEX IF NOT EXISTS alert_opened ON alert (opened_at)`;

const NEWER = 'WHERE excluded.version > version';
const WRITES = {
  article: `INSERT INTO article (id, version, body) VALUES (?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body ${NEWER}`,
  story: `INSERT INTO story (id, version, published_at, body) VALUES (?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body ${NEWER}`,
  rollup: `INSERT INTO rollup VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version,
    articles = excluded.articles, stories = excluded.stories, negative = excluded.negative, neutral = excluded.neutral,
    positive = excluded.positive, tone = excluded.tone ${NEWER}`,
  alert: `INSERT INTO alert (id, version, series, status, opened_at, body) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET version = excluded.version, status = excluded.status, body = excluded.body ${NEWER}`,
  storySeries: 'INSERT OR IGNORE INTO story_series VALUES (?, ?, ?)',
};

type WriteKind = keyof typeof WRITES;
const WRITE_KINDS = Object.keys(WRITES) as readonly WriteKind[];

/** What writing the documents comes to. */
export function writesOf(docs: readonly Doc[]): readonly Write[] {
  const rows: Record<WriteKind, SqlValue[][]> = { article: [], story: [], storySeries: [], rollup: [], alert: [] };
  for (const doc of docs) {
    const { id, version } = doc;
    switch (doc.kind) {
      case 'article':
        rows.article.push([id, version, JSON.stringify(doc.body)]);
        break;
      case 'story':
        rows.story.push([id, version, doc.body.publishedAt, JSON.stringify(doc.body)]);
        for (const series of doc.body.series) rows.storySeries.push([series, doc.body.publishedAt, id]);
        break;
      case 'rollup': {
        const { series, start, widthMs, fragment, articles, stories, negative, neutral, positive, toneUnits } = doc.body;
        rows.rollup.push([series, start, widthMs, fragment, version, articles, stories, negative, neutral, positive, toneUnits]);
        break;
      }
      case 'alert': {
        const { series, status, openedAt } = doc.body;
        rows.alert.push([id, version, series, status, openedAt, JSON.stringify(doc.body)]);
        break;
      }
      default:
        doc satisfies never;
    }
  }
  return WRITE_KINDS.filter((kind) => rows[kind].length > 0).map((kind) => ({ sql: WRITES[kind], rows: rows[kind] }));
}

/* Rows are read as they were written from typed documents, and not checked again. */

export function parseBody<T>(row: Row): T {
  return JSON.parse(String(row.body)) as T;
}

export function toDoc<K extends DocKind>(kind: K, row: Row): DocOf<K> {
  const body = kind === 'rollup' ? toRollup(row) : parseBody(row);
  const id = kind === 'rollup' ? rollupId(body as Rollup) : String(row.id);
  return { kind, id, version: Number(row.version), body } as DocOf<K>;
}

export function parseRollupId(id: string): [string, number, number, string] | undefined {
  const match = /^(.+?)@(-?\d+)\+(\d+)(?:#(.*))?$/s.exec(id);
  return match === null ? undefined : [match[1] ?? '', Number(match[2]), Number(match[3]), match[4] ?? ''];
}

function toRollup(row: Row): Rollup {
  return {
    series: row.series as Rollup['series'],
    start: Number(row.start),
    widthMs: Number(row.width),
    fragment: String(row.fragment),
    articles: Number(row.articles),
    stories: Number(row.stories),
    negative: Number(row.negative),
    neutral: Number(row.neutral),
    positive: Number(row.positive),
    toneUnits: Number(row.tone),
  };
}

export function toSums(row: Row): Omit<SeriesPoint, 'start'> {
  return {
    articles: Number(row.articles),
    stories: Number(row.stories),
    negative: Number(row.negative),
    neutral: Number(row.neutral),
    positive: Number(row.positive),
    tone: Number(row.tone),
  };
}
