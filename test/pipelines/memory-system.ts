import type { Pipeline } from '../../pipelines/pipeline.ts';
import type { Article } from '../../src/domain/article.ts';
import type { RawRecord, ScoredRecord } from '../../src/domain/records.ts';
import { encodeRaw, encodeScored } from '../../src/domain/wire.ts';
import { MemoryLog } from '../../src/log/memory.ts';
import type { EventLog, SubscribeOptions, Subscription, Topic } from '../../src/log/port.ts';
import { createLogger } from '../../src/ops/logger.ts';
import { createMetrics } from '../../src/ops/metrics.ts';
import { MemoryStateStore } from '../../src/store/memory-state.ts';
import { eventually } from '../eventually.ts';
import { T0 } from '../ledger/scored.ts';

export const quiet = createLogger('silent');

/** Positions as they are acknowledged, as the logs on disk commit them soon after; the plain one commits when a reader leaves. */
export class CommittingLog extends MemoryLog {
  readonly #readers: Subscription[] = [];

  override async subscribe(topic: Topic, group: string, options?: SubscribeOptions): Promise<Subscription> {
    const reader = await super.subscribe(topic, group, options);
    this.#readers.push(reader);
    return reader;
  }

  override async positions(topic: Topic, group: string): Promise<ReadonlyMap<number, number>> {
    for (const reader of this.#readers) await reader.commit();
    return super.positions(topic, group);
  }
}

/** What every pipeline needs, in memory, with a clock that stands. */
export function memorySystem(name: string) {
  return {
    log: new CommittingLog(),
    states: new MemoryStateStore(),
    clock: { now: () => T0 },
    meter: createMetrics().meter(name),
  };
}

export function rawArticle(id: string, title = `Title of ${id}`, at = T0): Article {
  return {
    id,
    title,
    source: 'test',
    url: '',
    summary: '',
    publishedAt: at,
    appendedAt: at,
    dated: true,
    language: 'en',
    tickers: [],
  };
}

export async function appendRaw(log: EventLog, records: readonly (RawRecord | string)[]): Promise<void> {
  const text = (record: RawRecord | string): string => (typeof record === 'string' ? record : encodeRaw(record));
  await log.append(
    'news.raw',
    records.map((record) => ({ key: 'k', value: text(record) })),
  );
}

export async function appendScored(log: EventLog, records: readonly (ScoredRecord | string)[]): Promise<void> {
  const text = (record: ScoredRecord | string): string => (typeof record === 'string' ? record : encodeScored(record));
  await log.append(
    'news.scored',
    records.map((record) => ({ key: 'k', value: text(record) })),
  );
}

export async function valuesOf(log: EventLog, topic: Topic): Promise<string[]> {
  const values: string[] = [];
  for (const { partition } of await log.ranges(topic)) {
    for await (const chunk of log.read(topic, partition, 0)) values.push(...chunk.map(({ value }) => value));
  }
  return values;
}

/** Whether a group has acknowledged all that a topic holds. */
export async function isDone(log: EventLog, topic: Topic, group: string): Promise<boolean> {
  const positions = await log.positions(topic, group);
  return (await log.ranges(topic)).every(({ partition, next }) => (positions.get(partition) ?? 0) >= next);
}

/** Runs a pipeline until a condition holds, then stops it as SIGTERM would and waits for its end. Rejects when it fails. */
export async function runUntil(pipeline: Pipeline, condition: () => boolean | Promise<boolean>, what?: string): Promise<void> {
  const stop = new AbortController();
  const running = pipeline.run(stop.signal);
  try {
    await Promise.race([eventually(condition, what), running]);
  } finally {
    stop.abort();
    await running;
  }
}
