import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Doc, type DocKind, type DocOf, rollupId } from '../domain/doc.ts';
import type { Alert, Rollup, SeriesPoint, Story } from '../domain/trends.ts';
import { type DatabaseOptions, guarded, openDatabase } from '../sqlite/database.ts';
import { SqliteWriter, type SqlValue } from '../sqlite/writer.ts';
import type { AlertQuery, SeriesQuery, SeriesTotal, StoryQuery, TrendStore } from './trend-port.ts';

type Row = Record<string, unknown>;

/*
 * Bodies stand in rowid tables, in order of arrival, with a slim index on the id: ids are hashes, and a table clustered by
 * them would dirty a whole page for every row.
 */
const SCHEMA = `
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

const SUMS = `sum(articles) AS articles, sum(stories) AS stories, sum(negative) AS negative, sum(neutral) AS neutral,
  sum(positive) AS positive, CASE WHEN sum(stories) = 0 THEN 0 ELSE round(sum(tone) * 1.0 / sum(stories)) / 10000.0 END AS tone`;

const SCAN_CHUNK = 1000;

/** Trends in one file. */
export class SqliteTrendStore implements TrendStore {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #writer: SqliteWriter;
  readonly #statements = new Map<string, StatementSync>();
  #closed = false;

  constructor(path: string, options: { maxPages?: number } = {}) {
    const database: DatabaseOptions = { path, schema: SCHEMA, derived: true, ...options };
    this.#db = openDatabase(database);
    this.#path = path;
    this.#writer = new SqliteWriter(database);
  }

  async write(docs: readonly Doc[]): Promise<void> {
    if (docs.length === 0) return;
    const rows = rowsOf(docs);
    await this.#writer.write(
      WRITE_KINDS.filter((kind) => rows[kind].length > 0).map((kind) => ({ sql: WRITES[kind], rows: rows[kind] })),
    );
  }

  flush(): Promise<void> {
    return this.#writer.checkpoint();
  }

  async get<K extends DocKind>(kind: K, id: string): Promise<DocOf<K> | undefined> {
    if (kind === 'rollup') {
      const key = parseRollupId(id);
      const sql = 'SELECT * FROM rollup WHERE series = ? AND start = ? AND width = ? AND fragment = ?';
      const [row] = key === undefined ? [] : this.#all(sql, ...key);
      return row === undefined ? undefined : toDoc(kind, row);
    }
    const [row] = this.#all(`SELECT * FROM ${kind} WHERE id = ?`, id);
    return row === undefined ? undefined : toDoc(kind, row);
  }

  async *scan<K extends DocKind>(kind: K): AsyncIterable<readonly DocOf<K>[]> {
    const key = kind === 'rollup' ? ['series', 'start', 'width', 'fragment'] : ['id'];
    const columns = key.join(', ');
    let after: (string | number)[] | undefined;
    while (true) {
      const beyond = after === undefined ? '' : `WHERE (${columns}) > (${key.map(() => '?').join(', ')})`;
      const rows = this.#all(`SELECT * FROM ${kind} ${beyond} ORDER BY ${columns} LIMIT ${SCAN_CHUNK}`, ...(after ?? []));
      const last = rows.at(-1);
      if (last === undefined) return;
      after = key.map((column) => last[column] as string | number);
      yield rows.map((row) => toDoc(kind, row));
    }
  }

  async count(kind: DocKind): Promise<number> {
    return Number(this.#all(`SELECT count(*) AS n FROM ${kind}`)[0]?.n);
  }

  async series({ series, from, to, widthMs }: SeriesQuery): Promise<readonly SeriesPoint[]> {
    const sql = `SELECT start - start % ?1 AS point, ${SUMS} FROM rollup WHERE series = ?2 AND start >= ?3 AND start < ?4 GROUP BY point ORDER BY point`;
    return this.#all(sql, widthMs, series, from, to).map((row) => ({ start: Number(row.point), ...toSums(row) }));
  }

  async totals({ from, to, limit }: { from: number; to: number; limit: number }): Promise<readonly SeriesTotal[]> {
    const sql = `SELECT series, ${SUMS} FROM rollup WHERE start >= ? AND start < ? GROUP BY series ORDER BY articles DESC, series LIMIT ?`;
    return this.#all(sql, from, to, limit).map((row) => ({ series: row.series as SeriesTotal['series'], ...toSums(row) }));
  }

  async stories({ series, before = Number.MAX_SAFE_INTEGER, limit }: StoryQuery): Promise<readonly Story[]> {
    const order = 'ORDER BY published_at DESC, id LIMIT';
    const rows =
      series === undefined
        ? this.#all(`SELECT body FROM story WHERE published_at < ? ${order} ?`, before, limit)
        : this.#all(
            `SELECT body FROM (SELECT published_at AS at, id FROM story_series WHERE series = ? AND published_at < ? ${order} ?) JOIN story USING (id) ORDER BY at DESC, id`,
            series,
            before,
            limit,
          );
    return rows.map((row) => parseBody<Story>(row));
  }

  async alerts({ status, series, from = 0, limit }: AlertQuery): Promise<readonly Alert[]> {
    const sql = `SELECT body FROM alert WHERE opened_at >= ?1 AND (?2 IS NULL OR status = ?2) AND (?3 IS NULL OR series = ?3)
      ORDER BY opened_at DESC, id LIMIT ?4`;
    return this.#all(sql, from, status ?? null, series ?? null, limit).map((row) => parseBody<Alert>(row));
  }

  async changes({ after, limit }: { after: number; limit: number }): Promise<readonly DocOf<'story' | 'alert'>[]> {
    const sql = `SELECT * FROM (SELECT 'story' AS kind, id, version, body FROM story WHERE version > ?1 ORDER BY version LIMIT ?2)
      UNION ALL SELECT * FROM (SELECT 'alert' AS kind, id, version, body FROM alert WHERE version > ?1 ORDER BY version LIMIT ?2)
      ORDER BY version, kind, id LIMIT ?2`;
    return this.#all(sql, after, limit).map((row) => toDoc(row.kind === 'story' ? 'story' : 'alert', row));
  }

  async latest(): Promise<number> {
    // Every article writes its story, so the stories' index on the version covers articles and rollups too.
    const sql = 'SELECT max(v) AS v FROM (SELECT max(version) AS v FROM story UNION ALL SELECT max(version) FROM alert)';
    return Number(this.#all(sql)[0]?.v ?? -1);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writer.close();
    this.#db.close();
  }

  #all(sql: string, ...values: (string | number | null)[]): Row[] {
    return guarded(this.#path, () => this.#statement(sql).all(...values));
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

type WriteKind = keyof typeof WRITES;
const WRITE_KINDS = Object.keys(WRITES) as readonly WriteKind[];

function rowsOf(docs: readonly Doc[]): Record<WriteKind, SqlValue[][]> {
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
  return rows;
}

/* This file's own rows, written by `write` from typed documents. */

function parseBody<T>(row: Row): T {
  return JSON.parse(String(row.body)) as T;
}

function toDoc<K extends DocKind>(kind: K, row: Row): DocOf<K> {
  const body = kind === 'rollup' ? toRollup(row) : parseBody(row);
  const id = kind === 'rollup' ? rollupId(body as Rollup) : String(row.id);
  return { kind, id, version: Number(row.version), body } as DocOf<K>;
}

function parseRollupId(id: string): [string, number, number, string] | undefined {
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

function toSums(row: Row): Omit<SeriesPoint, 'start'> {
  return {
    articles: Number(row.articles),
    stories: Number(row.stories),
    negative: Number(row.negative),
    neutral: Number(row.neutral),
    positive: Number(row.positive),
    tone: Number(row.tone),
  };
}
