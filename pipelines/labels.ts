import type { Clock } from '../src/domain/clock.ts';
import type { LabelRecord } from '../src/domain/records.ts';
import { decodeLabel } from '../src/domain/wire.ts';
import { drain } from '../src/log/drain.ts';
import type { Delivery, EventLog, LogRecord } from '../src/log/port.ts';
import { pull } from '../src/log/pull.ts';
import { whenFree } from '../src/log/when-free.ts';
import type { PipelineMeter } from '../src/ops/metrics.ts';
import { isInvalidRecord, keepRejected, type Rejected, rejectedRecord } from './dead-letter.ts';
import type { Pipeline } from './pipeline.ts';

const MAX_BATCH = 256;

export interface LabelsDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly meter: PipelineMeter;
}

/** Reads `news.labelled` as it comes, so that who sends what is no label finds it in `dead-letter`, with the reason. */
export function labelsPipeline(deps: LabelsDeps): Pipeline {
  return {
    name: 'labels',
    meter: deps.meter,
    run: async (stop) => {
      const subscription = await deps.log.subscribe('news.labelled', 'labels');
      const deliveries = pull(subscription, { maxInFlight: 4 * MAX_BATCH, maxBatch: MAX_BATCH, stop });
      await drain(subscription, deliveries.pipe(whenFree((batch) => check(deps, batch), { max: MAX_BATCH })));
    },
  };
}

async function check({ log, clock, meter }: LabelsDeps, batch: readonly Delivery[]): Promise<void> {
  meter.received(batch.length);
  const rejected = batch.flatMap(({ record }): Rejected[] => {
    const label = read(record);
    return 'error' in label ? [rejectedRecord('labels', record, label.error)] : [];
  });
  if (rejected.length > 0) await keepRejected(log, clock, rejected);
  for (const { ack } of batch) ack();
  meter.sent(batch.length - rejected.length);
  meter.discarded(rejected.length);
}

function read({ value, appendedAt }: LogRecord): LabelRecord | { readonly error: unknown } {
  try {
    return decodeLabel(value, appendedAt);
  } catch (error) {
    if (!isInvalidRecord(error)) throw error;
    return { error };
  }
}

/** Every label that is in the log, oldest first. */
export async function* readLabels(log: EventLog): AsyncIterable<LabelRecord> {
  for (const { partition } of await log.ranges('news.labelled')) {
    for await (const chunk of log.read('news.labelled', partition, 0)) {
      for (const record of chunk) {
        const label = read(record);
        if (!('error' in label)) yield label;
      }
    }
  }
}
