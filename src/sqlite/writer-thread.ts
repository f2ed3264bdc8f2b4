import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { BarographError } from '../domain/errors.ts';
import { type DatabaseOptions, guarded, openDatabase, statementsOf, transaction } from './database.ts';
import type { SentError, WriteReply, WriteRequest } from './writer.ts';

/* The thread of a `SqliteWriter`: requests that came while it was busy share one transaction, and one sync of the disk. */

if (parentPort === null) throw new Error('writer-thread is started as a worker thread only');
const port = parentPort;
const options: DatabaseOptions = workerData;
const { path } = options;

interface Opened {
  readonly db: DatabaseSync;
  readonly prepared: (sql: string) => StatementSync;
}

let file: Opened | undefined;

/** At the first request, so that a failure is an answer. */
function opened(): Opened {
  if (file !== undefined) return file;
  const db = openDatabase(options);
  file = { db, prepared: statementsOf(db) };
  return file;
}

/** Rows that the last statement changed. */
function run({ prepared }: Opened, { writes }: WriteRequest): number {
  let changes = 0;
  for (const { sql, rows } of writes) {
    const statement = prepared(sql);
    changes = 0;
    for (const row of rows) changes += Number(statement.run(...row).changes);
  }
  return changes;
}

function answer(requests: readonly WriteRequest[]): void {
  try {
    const on = opened();
    const changes = transaction(on.db, path, () => requests.map((request) => run(on, request)));
    for (const [i, { id }] of requests.entries()) reply({ id, changes: changes[i] ?? 0 });
  } catch (error) {
    const [first, ...others] = requests;
    // Which one failed is found by running each alone; the others take place.
    if (others.length > 0) for (const request of requests) answer([request]);
    else if (first !== undefined) reply({ id: first.id, error: asSent(error) });
  }
}

function checkpoint({ id }: WriteRequest): void {
  try {
    guarded(path, () => opened().db.exec('PRAGMA wal_checkpoint(FULL)'));
    reply({ id, changes: 0 });
  } catch (error) {
    reply({ id, error: asSent(error) });
  }
}

function reply(message: WriteReply): void {
  port.postMessage(message);
}

function asSent(error: unknown): SentError {
  if (error instanceof BarographError) return { code: error.code, message: error.message, facts: error.facts };
  return { code: undefined, message: error instanceof Error ? (error.stack ?? error.message) : String(error), facts: {} };
}

port.on('message', (first: WriteRequest) => {
  let batch: WriteRequest[] = [];
  for (let request: WriteRequest | undefined = first; request !== undefined; request = receiveMessageOnPort(port)?.message) {
    if (request.kind === 'write') {
      batch.push(request);
      continue;
    }
    if (batch.length > 0) answer(batch);
    batch = [];
    if (request.kind === 'checkpoint') {
      checkpoint(request);
    } else {
      file?.db.close();
      port.close();
      return;
    }
  }
  if (batch.length > 0) answer(batch);
});
