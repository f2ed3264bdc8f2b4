import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { BarographError } from '../domain/errors.ts';
import { type DatabaseOptions, guarded, openDatabase, transaction } from './database.ts';
import type { SentError, WriteReply, WriteRequest } from './writer.ts';

/* The thread of a `SqliteWriter`: requests that came while it was busy share one transaction, and one sync of the disk. */

if (parentPort === null) throw new Error('writer-thread is started as a worker thread only');
const port = parentPort;
const options: DatabaseOptions = workerData;
const { path } = options;
let db: DatabaseSync | undefined;
const statements = new Map<string, StatementSync>();

function opened(): DatabaseSync {
  db ??= openDatabase(options);
  return db;
}

function prepared(on: DatabaseSync, sql: string): StatementSync {
  let statement = statements.get(sql);
  if (statement === undefined) {
    statement = on.prepare(sql);
    statements.set(sql, statement);
  }
  return statement;
}

/** Rows that the last statement changed. */
function run(on: DatabaseSync, { writes }: WriteRequest): number {
  let changes = 0;
  for (const { sql, rows } of writes) {
    const statement = prepared(on, sql);
    changes = 0;
    for (const row of rows) changes += Number(statement.run(...row).changes);
  }
  return changes;
}

function answer(requests: readonly WriteRequest[]): void {
  try {
    const changes = transaction(opened(), path, () => requests.map((request) => run(opened(), request)));
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
    guarded(path, () => opened().exec('PRAGMA wal_checkpoint(FULL)'));
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
      db?.close();
      port.close();
      return;
    }
  }
  if (batch.length > 0) answer(batch);
});
