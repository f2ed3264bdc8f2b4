import type { DatabaseSync } from 'node:sqlite';
import { type Clock, systemClock } from '../domain/clock.ts';
import { guarded, openDatabase, transaction } from '../sqlite/database.ts';
import type { PutOptions, StateRecord, StateStore } from './state-port.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL, expires_at INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revision (only INTEGER PRIMARY KEY CHECK (only = 0), last INTEGER NOT NULL);
INSERT OR IGNORE INTO revision VALUES (0, 0);
CREATE TABLE IF NOT EXISTS blob (key TEXT PRIMARY KEY, bytes BLOB NOT NULL)`;

const LIVE = '(expires_at IS NULL OR expires_at > ?)';

/** Small records and blobs in one file. Several processes may share it: compare-and-set is a write transaction. */
export class SqliteStateStore implements StateStore {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #clock: Clock;
  #closed = false;

  constructor(path: string, options: { clock?: Clock; maxPages?: number } = {}) {
    const { clock = systemClock, ...limits } = options;
    this.#db = openDatabase({ path, schema: SCHEMA, derived: true, ...limits });
    this.#path = path;
    this.#clock = clock;
  }

  async get(key: string): Promise<StateRecord | undefined> {
    return guarded(this.#path, () => this.#live(key));
  }

  async put(key: string, value: string, options: PutOptions = {}): Promise<string | undefined> {
    return transaction(this.#db, this.#path, () => {
      if (options.expect !== undefined && options.expect !== (this.#live(key)?.revision ?? 'absent')) return undefined;
      const row = this.#db.prepare('UPDATE revision SET last = last + 1 RETURNING last').get();
      const revision = Number(row?.last);
      this.#db.prepare('INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?)').run(key, value, revision, options.expiresAt ?? null);
      return String(revision);
    });
  }

  async delete(key: string): Promise<void> {
    guarded(this.#path, () => this.#db.prepare('DELETE FROM state WHERE key = ?').run(key));
  }

  async list(prefix: string): Promise<readonly StateRecord[]> {
    const sql = `SELECT * FROM state WHERE substr(key, 1, length(?)) = ? AND ${LIVE} ORDER BY key`;
    return guarded(this.#path, () => this.#db.prepare(sql).all(prefix, prefix, this.#clock.now()).map(toRecord));
  }

  async putBlob(key: string, bytes: Uint8Array): Promise<void> {
    guarded(this.#path, () => this.#db.prepare('INSERT OR REPLACE INTO blob VALUES (?, ?)').run(key, bytes));
  }

  async getBlob(key: string): Promise<Uint8Array | undefined> {
    const row = guarded(this.#path, () => this.#db.prepare('SELECT bytes FROM blob WHERE key = ?').get(key));
    return row?.bytes instanceof Uint8Array ? row.bytes : undefined;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#db.close();
  }

  #live(key: string): StateRecord | undefined {
    const row = this.#db.prepare(`SELECT * FROM state WHERE key = ? AND ${LIVE}`).get(key, this.#clock.now());
    return row === undefined ? undefined : toRecord(row);
  }
}

function toRecord(row: Record<string, unknown>): StateRecord {
  return {
    key: String(row.key),
    value: String(row.value),
    revision: String(row.revision),
    expiresAt: row.expires_at === null ? null : Number(row.expires_at),
  };
}
