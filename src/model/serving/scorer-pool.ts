import { Worker } from 'node:worker_threads';
import { BarographError } from '../../domain/errors.ts';
import type { ClassifyInput } from './port.ts';
import type { ScoreRequest, ScorerOptions, ScorerReply, SentError } from './scorer-messages.ts';

/** Threads that score, each with a session of its own. */
export interface ScorerPool {
  /** Resolves when every worker has loaded the model; rejects with the reason of the first that could not. */
  ready(): Promise<void>;
  /**
   * Probabilities as text-scorer.ts gives them. Requests that are not given to a worker yet are dropped on abort. One that is all its
   * caller asks for (`alone`) has every core when no other is being scored.
   */
  score(inputs: readonly ClassifyInput[], signal: AbortSignal, alone: boolean): Promise<Float64Array>;
  close(): Promise<void>;
}

interface Job {
  /** `alone` when it is all that its caller asks for. */
  readonly request: ScoreRequest;
  readonly signal: AbortSignal;
  readonly resolve: (rows: Float64Array) => void;
  readonly reject: (error: unknown) => void;
}

/** A place for a worker, which is started when it is first needed and again after it failed. */
interface Slot {
  worker: Worker | undefined;
  /** Given to the worker and not answered, oldest first. */
  readonly running: Map<number, Job>;
  timer: NodeJS.Timeout | undefined;
  starting: PromiseWithResolvers<void>;
}

/** Requests that a worker holds at a time: the one it works on, and the next, so that it never waits for the main thread. */
const AHEAD = 2;
/** A request holds one batch's worth of texts, which takes a tenth of a second; a worker that answers none for so long hangs. */
const HANG_MS = 60_000;

const SCRIPT = new URL('./scorer-worker.ts', import.meta.url);

/**
 * Starts `workers` threads. The queue in front of them is as long as the callers make it: they await their scores.
 * `script` is what a thread runs, another one only in tests.
 */
export function openScorerPool(workers: number, options: ScorerOptions, script: URL = SCRIPT): ScorerPool {
  const slots: Slot[] = Array.from({ length: workers }, () => ({
    worker: undefined,
    running: new Map(),
    timer: undefined,
    starting: Promise.withResolvers(),
  }));
  const queue: Job[] = [];
  let nextId = 0;
  let closed = false;

  const dispatch = (): void => {
    for (;;) {
      const slot = slots.reduce((least, other) => (other.running.size < least.running.size ? other : least));
      if (closed || slot.running.size >= AHEAD) return;
      const job = queue.shift();
      if (job === undefined) return;
      if (job.signal.aborted) {
        job.reject(job.signal.reason);
        continue;
      }
      const alone = job.request.alone && queue.length === 0 && slots.every(({ running }) => running.size === 0);
      slot.running.set(job.request.id, job);
      (slot.worker ?? start(slot)).postMessage({ ...job.request, alone });
      watch(slot);
    }
  };

  const start = (slot: Slot): Worker => {
    const worker = new Worker(script, { workerData: options });
    slot.worker = worker;
    worker.on('message', (reply: ScorerReply) => receive(slot, worker, reply));
    worker.on('error', (error) =>
      fail(slot, worker, { code: 'E_MODEL_FAILED', message: `a scoring thread died: ${error.message}` }),
    );
    worker.on('exit', (code) =>
      fail(slot, worker, { code: 'E_MODEL_FAILED', message: `a scoring thread ended with code ${code}` }),
    );
    return worker;
  };

  const receive = (slot: Slot, worker: Worker, reply: ScorerReply): void => {
    if (slot.worker !== worker) return;
    if (reply.kind === 'ready') {
      slot.starting.resolve();
      return;
    }
    if (reply.kind === 'broken') {
      fail(slot, worker, reply.error);
      return;
    }
    const job = slot.running.get(reply.id);
    slot.running.delete(reply.id);
    watch(slot);
    if (reply.kind === 'scores') job?.resolve(reply.rows);
    else job?.reject(received(reply.error));
    dispatch();
  };

  /** Gives up a worker: what it held fails, and the next request starts another. */
  const fail = (slot: Slot, worker: Worker, error: SentError): void => {
    if (slot.worker !== worker) return;
    slot.worker = undefined;
    clearTimeout(slot.timer);
    void worker.terminate(); // its promise only reports the exit code
    const held = [...slot.running.values()];
    slot.running.clear();
    slot.starting.reject(received(error));
    slot.starting = Promise.withResolvers();
    slot.starting.promise.catch(() => undefined);
    for (const job of held) job.reject(received(error));
    dispatch();
  };

  const watch = (slot: Slot): void => {
    clearTimeout(slot.timer);
    const { worker } = slot;
    if (worker === undefined || slot.running.size === 0) return;
    const hang = { code: 'E_MODEL_FAILED' as const, message: `a scoring thread gave no answer for ${HANG_MS / 1000} s` };
    slot.timer = setTimeout(() => fail(slot, worker, hang), HANG_MS);
    slot.timer.unref();
  };

  for (const slot of slots) {
    slot.starting.promise.catch(() => undefined);
    start(slot);
  }

  return {
    ready: async () => {
      await Promise.all(slots.map((slot) => slot.starting.promise));
    },
    score(inputs, signal, alone) {
      return new Promise((resolve, reject) => {
        if (closed) throw closedError();
        queue.push({ request: { id: nextId++, inputs, alone }, signal, resolve, reject });
        dispatch();
      });
    },
    async close() {
      if (closed) return;
      closed = true;
      const jobs = [...queue.splice(0), ...slots.flatMap((slot) => [...slot.running.values()])];
      for (const job of jobs) job.reject(closedError());
      await Promise.all(
        slots.map(async (slot) => {
          const { worker } = slot;
          slot.worker = undefined;
          slot.starting.reject(closedError());
          clearTimeout(slot.timer);
          await worker?.terminate();
        }),
      );
    },
  };
}

const received = ({ code, message }: SentError): BarographError => new BarographError(code, message);
const closedError = (): BarographError => new BarographError('E_MODEL_FAILED', 'the classifier is closed');
