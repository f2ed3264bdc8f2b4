import type { DatabaseSync } from 'node:sqlite';
import { type Clock, systemClock } from '../domain/clock.ts';
import { type DatabaseOptions, guarded, openDatabase } from '../sqlite/database.ts';
import { SqliteWriter } from '../sqlite/writer.ts';
import type { EventLog, LogRecord, NewRecord, PartitionRange, SubscribeOptions, Subscription, Topic } from './port.ts';
import { SqliteSubscription } from './sqlite-subscription.ts';
import { WakeUp } from './wake-up.ts';

const TABLES: Readonly<Record<Topic, string>> = {
  'news.raw': 'news_raw',
  'news.scored': 'news_scored',
  'news.labelled': 'news_labelled',
  alerts: 'alerts',
  'dead-letter': 'dead_letter',
};

const SCHEMA = [
  ...Object.values(TABLES).map(
    (table) =>
      `CREATE TABLE IF NOT EXISTS ${table} (offset INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT NOT NULL, at INTEGER NOT NULL)`,
  ),
  `CREATE TABLE IF NOT EXISTS member (topic TEXT, grp TEXT, owner TEXT NOT NULL, expires_at INTEGER NOT NULL, next INTEGER NOT NULL,
     PRIMARY KEY (topic, grp)) WITHOUT ROWID`,
].join(';\n');

const INSERTS = byTopic((table) => `INSERT INTO ${table} VALUES ((SELECT coalesce(max(offset), -1) + 1 FROM ${table}), ?, ?, ?)`);

const READ_CHUNK = 1000;
/** How soon one who follows notices an append by another process. */
const FOLLOW_MS = 250;

/** What the parts of the adapter share: the open file, prepared statements by topic, and the wake-up call of appends. */
export interface SqliteLogFile {
  /** For reading only. */
  readonly db: DatabaseSync;
  readonly writer: SqliteWriter;
  readonly path: string;
  readonly clock: Clock;
  readonly appended: WakeUp;
  /** Records of a topic from an offset on. */
  select(topic: Topic, from: number, max: number): LogRecord[];
}

/** An event log in one file, one partition a topic. Several processes may share the file. */
export class SqliteLog implements EventLog {
  readonly #file: SqliteLogFile;
  readonly #subscriptions = new Set<Subscription>();
  #closed = false;

  constructor(path: string, options: { clock?: Clock; maxPages?: number } = {}) {
    const { clock = systemClock, ...limits } = options;
    const database: DatabaseOptions = { path, schema: SCHEMA, ...limits };
    const db = openDatabase(database);
    const selects = byTopic((table) =>
      db.prepare(`SELECT offset, key, value, at FROM ${table} WHERE offset >= ? ORDER BY offset LIMIT ?`),
    );
    this.#file = {
      db,
      writer: new SqliteWriter(database),
      path,
      clock,
      appended: new WakeUp(),
      select: (topic, from, max) => guarded(path, () => selects[topic].all(from, max).map((row) => toRecord(topic, row))),
    };
  }

  async append(topic: Topic, records: readonly NewRecord[]): Promise<void> {
    if (records.length === 0) return;
    const { writer, clock, appended } = this.#file;
    const now = clock.now();
    await writer.write([{ sql: INSERTS[topic], rows: records.map(({ key, value }) => [key, value, now]) }]);
    appended.wake();
  }

  async subscribe(topic: Topic, group: string, options: SubscribeOptions = {}): Promise<Subscription> {
    const subscription = new SqliteSubscription(this.#file, topic, group, options, () =>
      this.#subscriptions.delete(subscription),
    );
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async *read(topic: Topic, partition: number, from: number, follow?: AbortSignal): AsyncIterable<readonly LogRecord[]> {
    if (partition !== 0) return;
    const { appended, select } = this.#file;
    let at = from;
    do {
      const { seen } = appended;
      for (const end = this.#range(topic).next; at < end; ) {
        const records = select(topic, at, Math.min(READ_CHUNK, end - at));
        at = (records.at(-1)?.offset ?? end - 1) + 1;
        if (records.length > 0) yield records;
      }
      if (follow !== undefined) await appended.wait(seen, FOLLOW_MS, follow);
    } while (follow?.aborted === false);
  }

  async ranges(topic: Topic): Promise<readonly PartitionRange[]> {
    return [this.#range(topic)];
  }

  async positions(topic: Topic, group: string): Promise<ReadonlyMap<number, number>> {
    const { db, path } = this.#file;
    const row = guarded(path, () => db.prepare('SELECT next FROM member WHERE topic = ? AND grp = ?').get(topic, group));
    return new Map([[0, row === undefined ? 0 : Number(row.next)]]);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    for (const subscription of [...this.#subscriptions]) await subscription.close();
    this.#closed = true;
    await this.#file.writer.close();
    this.#file.db.close();
  }

  #range(topic: Topic): PartitionRange {
    const { db, path } = this.#file;
    const table = TABLES[topic];
    const row = guarded(path, () =>
      db.prepare(`SELECT (SELECT min(offset) FROM ${table}) AS first, (SELECT max(offset) FROM ${table}) AS last`).get(),
    );
    return {
      partition: 0,
      first: Number(row?.first ?? 0),
      next: row?.last === null || row === undefined ? 0 : Number(row.last) + 1,
    };
  }
}

function byTopic<T>(make: (table: string) => T): Readonly<Record<Topic, T>> {
  return {
    'news.raw': make(TABLES['news.raw']),
    'news.scored': make(TABLES['news.scored']),
    'news.labelled': make(TABLES['news.labelled']),
    alerts: make(TABLES.alerts),
    'dead-letter': make(TABLES['dead-letter']),
  };
}

function toRecord(topic: Topic, row: Record<string, unknown>): LogRecord {
  return {
    topic,
    partition: 0,
    offset: Number(row.offset),
    key: String(row.key),
    value: String(row.value),
    appendedAt: Number(row.at),
  };
}
