import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Article, Instant } from '../src/domain/article.ts';
import type { Clock } from '../src/domain/clock.ts';
import { BarographError } from '../src/domain/errors.ts';
import { bucketStart } from '../src/domain/series.ts';
import { encodeRaw } from '../src/domain/wire.ts';
import { lagOf } from '../src/log/lag.ts';
import type { EventLog, NewRecord } from '../src/log/port.ts';
import type { PipelineMeter } from '../src/ops/metrics.ts';
import type { StateStore } from '../src/store/state-port.ts';
import { keepRejected } from './dead-letter.ts';
import type { Pipeline } from './pipeline.ts';

/** A row of a recorded file, or what is wrong with it. `lines` counts the rows that it was made of. */
export interface RecordedRow {
  readonly line: number;
  readonly lines: number;
  readonly article: Article | undefined;
  readonly fault: string | undefined;
  readonly payload: string;
}

export interface ReplayDeps {
  readonly log: EventLog;
  readonly states: StateStore;
  readonly clock: Clock;
  readonly meter: PipelineMeter;
  /** Identifies the recording: a replay that was interrupted goes on where it stood. */
  readonly name: string;
  readonly rows: () => AsyncIterable<RecordedRow>;
  readonly bucketMs: number;
  /** How many times faster than the articles' clock, from an article's time on; `Infinity` waits for nothing. */
  readonly speed: (at: Instant) => number;
}

export interface ReplayProgress {
  /** Rows taken so far, and how many of them were faulty. */
  readonly lines: number;
  readonly faults: number;
  /** The articles' clock: the newest publication time seen. */
  readonly now: Instant | null;
  readonly done: boolean;
}

const progressSchema = z.object({ lines: z.number(), faults: z.number(), now: z.number().nullable(), done: z.boolean() });
const CHUNK = 256;
/** Articles in the log that classify has not done yet: beyond this the reading waits. */
const MAX_AHEAD = 4096;
const WAIT_MS = 5;

export async function replayProgress(states: StateStore, name: string): Promise<ReplayProgress> {
  const record = await states.get(`replay/${name}`);
  return record === undefined ? { lines: 0, faults: 0, now: null, done: false } : progressSchema.parse(JSON.parse(record.value));
}

/** A recording → news.raw, with a tick wherever the articles' clock passes into another bucket. Ends with the recording. */
export function replayPipeline(deps: ReplayDeps): Pipeline {
  return { name: 'replay', meter: deps.meter, run: (stop) => new Replay(deps).run(stop) };
}

class Replay {
  readonly #deps: ReplayDeps;
  #lines = 0;
  #faults = 0;
  #now: Instant | null = null;
  #pending: NewRecord[] = [];
  #pace: { readonly speed: number; readonly wallAt: Instant; readonly at: Instant } | undefined;

  constructor(deps: ReplayDeps) {
    this.#deps = deps;
  }

  async run(stop: AbortSignal): Promise<void> {
    const start = await replayProgress(this.#deps.states, this.#deps.name);
    if (start.done) return;
    this.#lines = start.lines;
    this.#faults = start.faults;
    this.#now = start.now;
    let taken = 0;
    for await (const row of this.#deps.rows()) {
      if (stop.aborted) break;
      taken += row.lines;
      if (taken <= start.lines) continue;
      await this.#take(row, stop);
    }
    if (stop.aborted) return this.#flush(false);
    if (this.#now !== null) this.#pending.push(tick(bucketStart(this.#now, this.#deps.bucketMs) + this.#deps.bucketMs));
    await this.#flush(true);
  }

  async #take(row: RecordedRow, stop: AbortSignal): Promise<void> {
    const { article } = row;
    if (article === undefined) {
      await this.#reject(row);
    } else {
      if (await this.#pause(article.publishedAt, stop)) return;
      this.#advance(article.publishedAt);
      this.#pending.push({ key: article.id, value: encodeRaw({ type: 'article', article }) });
    }
    this.#lines += row.lines;
    if (this.#pending.length < CHUNK) return;
    await this.#flush(false);
    await this.#untilAhead(MAX_AHEAD, stop);
  }

  #advance(at: Instant): void {
    const { bucketMs } = this.#deps;
    if (this.#now !== null && at <= this.#now) return;
    if (this.#now === null || bucketStart(at, bucketMs) > bucketStart(this.#now, bucketMs))
      this.#pending.push(tick(bucketStart(at, bucketMs)));
    this.#now = at;
  }

  /** Waits until it is an article's turn; true when it was stopped meanwhile. */
  async #pause(at: Instant, stop: AbortSignal): Promise<boolean> {
    const speed = this.#deps.speed(at);
    if (this.#pace?.speed !== speed) {
      if (this.#pace?.speed === Number.POSITIVE_INFINITY) {
        // What is watched from here on must not wait behind what came at full speed.
        await this.#flush(false);
        await this.#untilAhead(0, stop);
      }
      this.#pace = { speed, wallAt: this.#deps.clock.now(), at };
    }
    if (speed === Number.POSITIVE_INFINITY) return stop.aborted;
    const dueMs = this.#pace.wallAt + (at - this.#pace.at) / speed - this.#deps.clock.now();
    if (dueMs <= 0) return stop.aborted;
    await this.#flush(false);
    await sleep(dueMs, undefined, { signal: stop }).catch(() => undefined);
    return stop.aborted;
  }

  /** Waits until classify has no more than so many articles to do. */
  async #untilAhead(most: number, stop: AbortSignal): Promise<void> {
    while (!stop.aborted && (await lagOf(this.#deps.log, 'news.raw', 'classify')) > most) await sleep(WAIT_MS);
  }

  async #reject({ line, fault = '', payload }: RecordedRow): Promise<void> {
    this.#faults += 1;
    const { log, clock, name, meter } = this.#deps;
    const error = new BarographError('E_RECORD_INVALID', fault);
    await keepRejected(log, clock, [{ stage: 'ingest', origin: `${name}:${line}`, payload, requeueTo: '', error }]);
    meter.discarded(1);
  }

  /** Appends first, then remembers: after a crash in between some rows come twice, and are folded once. */
  async #flush(done: boolean): Promise<void> {
    const { log, states, name, meter } = this.#deps;
    const pending = this.#pending;
    this.#pending = [];
    await log.append('news.raw', pending);
    meter.sent(pending.length);
    const progress: ReplayProgress = { lines: this.#lines, faults: this.#faults, now: this.#now, done };
    await states.put(`replay/${name}`, JSON.stringify(progress));
  }
}

function tick(at: Instant): NewRecord {
  return { key: 'tick', value: encodeRaw({ type: 'tick', at }) };
}
