import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { BarographError, type ErrorCode, type Facts } from '../domain/errors.ts';
import type { DatabaseOptions } from './database.ts';

export type SqlValue = string | number | null;

/** A statement, and the values of each of its runs. */
export interface Write {
  readonly sql: string;
  readonly rows: readonly (readonly SqlValue[])[];
}

/** To the thread. */
export interface WriteRequest {
  readonly id: number;
  readonly kind: 'write' | 'checkpoint' | 'close';
  readonly writes: readonly Write[];
}

/** An error as it crosses the thread; no code when it is a bug. */
export interface SentError {
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly facts: Facts;
}

/** From the thread: an answer to each request. */
export type WriteReply = { readonly id: number } & ({ readonly changes: number } | { readonly error: SentError });

const SCRIPT = new URL('./writer-thread.ts', import.meta.url);

/**
 * Writes to a database from a thread of its own, so that nobody waits for the disk on the main thread. Transactions take
 * place in the order of the calls; those that wait share one commit. The database must have been opened before; the thread
 * starts at the first write. Errors: as `openDatabase`.
 */
export class SqliteWriter {
  readonly #options: DatabaseOptions;
  #thread: Thread | undefined;
  #nextId = 0;

  constructor(options: DatabaseOptions) {
    this.#options = options;
  }

  /** One transaction; resolves when it is committed, with the number of rows that its last statement changed. */
  write(writes: readonly Write[]): Promise<number> {
    return this.#ask('write', writes);
  }

  /** Brings everything written into the database file and onto the disk. */
  async checkpoint(): Promise<void> {
    await this.#ask('checkpoint', []);
  }

  /** Finishes what was asked for before, and ends the thread. */
  async close(): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined) return;
    this.#thread = undefined;
    thread.worker.ref();
    const ended = once(thread.worker, 'exit');
    thread.worker.postMessage({ id: this.#nextId++, kind: 'close', writes: [] } satisfies WriteRequest);
    await ended;
  }

  #ask(kind: WriteRequest['kind'], writes: readonly Write[]): Promise<number> {
    this.#thread ??= this.#start();
    const { worker, pending } = this.#thread;
    const answer = Promise.withResolvers<number>();
    const id = this.#nextId++;
    if (pending.size === 0) worker.ref(); // only a writer with work to do keeps the process alive
    pending.set(id, answer);
    worker.postMessage({ id, kind, writes } satisfies WriteRequest);
    return answer.promise;
  }

  #start(): Thread {
    const worker = new Worker(SCRIPT, { workerData: this.#options });
    const thread: Thread = { worker, pending: new Map() };
    worker.unref();
    worker.on('message', (reply: WriteReply) => {
      const answer = thread.pending.get(reply.id);
      thread.pending.delete(reply.id);
      if (thread.pending.size === 0) worker.unref();
      if ('error' in reply) answer?.reject(received(reply.error));
      else answer?.resolve(reply.changes);
    });
    worker.on('error', (error) => this.#fail(thread, error));
    worker.on('exit', () => this.#fail(thread, new Error(`The thread that writes ${this.#options.path} ended.`)));
    return thread;
  }

  /** The thread is gone: what it had not answered fails, and the next write starts another. */
  #fail(thread: Thread, error: unknown): void {
    if (this.#thread === thread) this.#thread = undefined;
    for (const answer of thread.pending.values()) answer.reject(error);
    thread.pending.clear();
  }
}

interface Thread {
  readonly worker: Worker;
  /** Requests without an answer, by id. */
  readonly pending: Map<number, PromiseWithResolvers<number>>;
}

function received({ code, message, facts }: SentError): Error {
  return code === undefined ? new Error(message) : new BarographError(code, message, { facts });
}
