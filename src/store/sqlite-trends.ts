import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Doc, DocKind, DocOf } from '../domain/doc.ts';
import type { Alert, SeriesPoint, Story } from '../domain/trends.ts';
import { type DatabaseOptions, guarded, openDatabase, statementsOf } from '../sqlite/database.ts';
import { SqliteWriter } from '../sqlite/writer.ts';
import { parseBody, parseRollupId, type Row, SCHEMA, toDoc, toSums, writesOf } from './sqlite-trend-rows.ts';
import type { AlertQuery, SeriesQuery, SeriesTotal, StoryQuery, TrendStore } from './trend-port.ts';

const SUMS = `sum(articles) AS articles, sum(stories) AS stories, sum(negative) AS negative, sum(neutral) AS neutral,
  sum(positive) AS positive, CASE WHEN sum(stories) = 0 THEN 0 ELSE round(sum(tone) * 1.0 / sum(stories)) / 10000.0 END AS tone`;

const SCAN_CHUNK = 1000;

/** Trends in one file. */
export class SqliteTrendStore implements TrendStore {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #writer: SqliteWriter;
  readonly #statement: (sql: string) => StatementSync;
  #closed = false;

  constructor(path: string, options: { maxPages?: number } = {}) {
    const database: DatabaseOptions = { path, schema: SCHEMA, derived: true, ...options };
    this.#db = openDatabase(database);
    this.#statement = statementsOf(this.#db);
    this.#path = path;
    this.#writer = new SqliteWriter(database);
  }

  async write(docs: readonly Doc[]): Promise<void> {
    if (docs.length === 0) return;
    await this.#writer.write(writesOf(docs));
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
}
