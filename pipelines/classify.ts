import { map } from 'rxjs';
import type { Clock } from '../src/domain/clock.ts';
import type { RawRecord, ScoredRecord } from '../src/domain/records.ts';
import { decodeRaw, encodeScored } from '../src/domain/wire.ts';
import { drain } from '../src/log/drain.ts';
import { inOrder } from '../src/log/in-order.ts';
import { microBatch } from '../src/log/micro-batch.ts';
import type { Delivery, EventLog, NewRecord } from '../src/log/port.ts';
import { pull } from '../src/log/pull.ts';
import { whenFree } from '../src/log/when-free.ts';
import type { PipelineMeter } from '../src/ops/metrics.ts';
import { keepRejected, type Rejected, rejectedRecord } from './dead-letter.ts';
import type { Pipeline } from './pipeline.ts';
import { type ScoringDeps, scoreArticles, textOf } from './score-articles.ts';

/**
 * From one durable append to the next, while articles keep coming: whoever reads them on then works in few turns rather than in many,
 * which take several times as long for each article beside a model that fills the caches (docs/scaling.md).
 */
const APPEND_APART_MS = 250;
/** Of the articles in flight: so many share an append at most, and do not wait for it. */
const APPENDED_TOGETHER = 1 / 4;

export interface ClassifyDeps extends ScoringDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly meter: PipelineMeter;
  readonly maxInFlight: number;
  readonly maxBatchTokens: number;
  readonly batchTimeMs: number;
}

/** news.raw → news.scored: entities, topic and sentiment for every article; order within a partition is kept. */
export function classifyPipeline(deps: ClassifyDeps): Pipeline {
  return {
    name: 'classify',
    meter: deps.meter,
    run: async (stop) => {
      const subscription = await deps.log.subscribe('news.raw', 'classify');
      await drain(
        subscription,
        pull(subscription, { maxInFlight: deps.maxInFlight, maxBatch: 256, stop }).pipe(
          map(decode),
          microBatch({ maxWeight: deps.maxBatchTokens, weigh: estimateTokens, timeMs: deps.batchTimeMs }),
          inOrder((batch) => score(deps, batch)),
          whenFree((batches) => append(deps, batches.flat()), {
            ...{ max: deps.maxInFlight * APPENDED_TOGETHER, weigh: (batch) => batch.length, apartMs: APPEND_APART_MS },
          }),
        ),
      );
    },
  };
}

interface Decoded {
  readonly delivery: Delivery;
  readonly record: RawRecord | undefined;
  readonly error?: unknown;
}

interface Scored {
  readonly delivery: Delivery;
  readonly record: ScoredRecord | undefined;
  readonly error?: unknown;
}

function decode(delivery: Delivery): Decoded {
  try {
    return { delivery, record: decodeRaw(delivery.record.value, delivery.record.appendedAt) };
  } catch (error) {
    return { delivery, record: undefined, error };
  }
}

/** About four characters a token, and two for the text's ends: enough to cut batches of even cost. */
function estimateTokens({ record }: Decoded): number {
  return record?.type === 'article' ? Math.min(128, textOf(record.article).length / 4 + 2) : 1;
}

async function score(deps: ClassifyDeps, batch: readonly Decoded[]): Promise<readonly Scored[]> {
  deps.meter.received(batch.length);
  const articles = batch.flatMap(({ record }) => (record?.type === 'article' ? [record.article] : []));
  const scored = await scoreArticles(deps, articles);
  let next = 0;
  return batch.map(({ delivery, record, error }): Scored => {
    if (record === undefined) return { delivery, record, error };
    if (record.type !== 'article') return { delivery, record };
    const result = scored[next++];
    if (result === undefined || 'error' in result) return { delivery, record: undefined, error: result?.error };
    return { delivery, record: { type: 'article', article: result } };
  });
}

async function append(deps: ClassifyDeps, batch: readonly Scored[]): Promise<void> {
  const records: NewRecord[] = [];
  const rejected: Rejected[] = [];
  for (const { delivery, record, error } of batch) {
    if (record === undefined) rejected.push(rejectedRecord('classify', delivery.record, error));
    else records.push({ key: delivery.record.key, value: encodeScored(record), traceparent: delivery.record.traceparent });
  }
  if (rejected.length > 0) await keepRejected(deps.log, deps.clock, rejected);
  await deps.log.append('news.scored', records);
  for (const { delivery } of batch) delivery.ack();
  deps.meter.sent(records.length);
  deps.meter.discarded(rejected.length);
}
