import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { BarographError } from '../domain/errors.ts';

export interface DatabaseOptions {
  /** File, or `:memory:`. Its folder is made when missing. */
  readonly path: string;
  /** Statements that bring an empty or older database to the present schema; run in one transaction at every opening. */
  readonly schema: string;
  /** Highest number of pages (`PRAGMA max_page_count`): a quota. */
  readonly maxPages?: number;
  /** True where the last moments may be lost with the power, since the log has them: commits then survive the process only. */
  readonly derived?: boolean;
}

/**
 * An embedded database. WAL, so that readers never wait for the writer; `synchronous=FULL`, so that what was acknowledged
 * survives a loss of power too: the log must never be behind the store that was made from it. What is derived needs no sync
 * at each commit.
 */
export function openDatabase(options: DatabaseOptions): DatabaseSync {
  return guarded(options.path, () => {
    if (options.path !== ':memory:') mkdirSync(dirname(options.path), { recursive: true });
    const db = new DatabaseSync(options.path, { timeout: 5_000 });
    try {
      const synchronous = options.derived === true ? 'NORMAL' : 'FULL';
      db.exec(
        `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000`,
      );
      if (options.maxPages !== undefined) db.exec(`PRAGMA max_page_count = ${options.maxPages}`);
      db.exec(`BEGIN IMMEDIATE; ${options.schema}; COMMIT`);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** Prepares each statement once. */
export function statementsOf(db: DatabaseSync): (sql: string) => StatementSync {
  const statements = new Map<string, StatementSync>();
  return (sql) => {
    const statement = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
}

/** Runs `work` in one write transaction: all of it is durable when this returns, or none of it happened. */
export function transaction<T>(db: DatabaseSync, path: string, work: () => T): T {
  return guarded(path, () => {
    db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      db.exec('COMMIT');
      return result;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  });
}

/** Runs `work` and turns the database's errors into ours, which name the file and what to do. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toBarographError(error, path);
  }
}

/* Primary result codes of SQLite: https://www.sqlite.org/rescode.html */
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;
const IOERR_WRITE = SQLITE_IOERR | (3 << 8);

function toBarographError(error: unknown, path: string): unknown {
  if (error instanceof BarographError || !(error instanceof Error)) return error;
  const facts = { path };
  const code = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;
  if (code === undefined) {
    const errno = 'code' in error ? error.code : undefined;
    if (errno === 'ENOSPC')
      return new BarographError('E_DISK_FULL', `The disk that holds ${path} is full.`, { cause: error, facts });
    if (errno === 'EACCES' || errno === 'EROFS' || errno === 'ENOTDIR' || errno === 'EEXIST') {
      return new BarographError('E_DATA_LOCKED', `The data folder of ${path} cannot be made or written (${errno}).`, {
        cause: error,
        facts,
      });
    }
    return error;
  }
  switch (code & 0xff) {
    case SQLITE_FULL:
      return new BarographError('E_DISK_FULL', `${path} cannot grow: the disk or its quota is full.`, { cause: error, facts });
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return new BarographError(
        'E_DATA_CORRUPT',
        `${path} is damaged or no database (${error.message}). Restore it from a backup, or move the data folder away and start afresh.`,
        { cause: error, facts },
      );
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
      return new BarographError('E_DATA_LOCKED', `${path} cannot be opened for writing (${error.message}).`, {
        cause: error,
        facts,
      });
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return new BarographError('E_STORE_UNAVAILABLE', `${path} is held by another process (${error.message}).`, {
        cause: error,
        facts,
      });
    case SQLITE_IOERR:
      if (code === IOERR_WRITE)
        return new BarographError('E_DISK_FULL', `${path} cannot be written (${error.message}).`, { cause: error, facts });
      return new BarographError('E_DATA_CORRUPT', `${path} cannot be read (${error.message}).`, { cause: error, facts });
    default:
      return error;
  }
}
