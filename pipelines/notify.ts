import { concatMap } from 'rxjs';
import { z } from 'zod';
import type { Clock } from '../src/domain/clock.ts';
import { BarographError } from '../src/domain/errors.ts';
import type { Alert } from '../src/domain/trends.ts';
import { decodeAlert } from '../src/domain/wire.ts';
import { drain } from '../src/log/drain.ts';
import type { Delivery, EventLog } from '../src/log/port.ts';
import { pull } from '../src/log/pull.ts';
import type { Notifier } from '../src/notify/port.ts';
import type { PipelineMeter } from '../src/ops/metrics.ts';
import type { StateStore } from '../src/store/state-port.ts';
import { keepRejected, rejectedRecord } from './dead-letter.ts';
import type { Pipeline } from './pipeline.ts';

export interface NotifyDeps {
  readonly log: EventLog;
  readonly states: StateStore;
  /** Each retries by itself; what it rejects with in the end is final for this delivery. */
  readonly notifiers: readonly Notifier[];
  readonly clock: Clock;
  readonly meter: PipelineMeter;
}

/** alerts → Slack, webhooks, console. A state of an alert is delivered once to each channel that can promise it. */
export function notifyPipeline(deps: NotifyDeps): Pipeline {
  return {
    name: 'notify',
    meter: deps.meter,
    run: async (stop) => {
      const subscription = await deps.log.subscribe('alerts', 'notify');
      await drain(
        subscription,
        pull(subscription, { maxInFlight: 64, maxBatch: 16, stop }).pipe(concatMap((delivery) => tell(deps, delivery, stop))),
      );
    },
  };
}

async function tell(deps: NotifyDeps, { record, ack }: Delivery, stop: AbortSignal): Promise<void> {
  deps.meter.received(1);
  let state: ReturnType<typeof decodeAlert>;
  try {
    state = decodeAlert(record.value);
  } catch (error) {
    await keepRejected(deps.log, deps.clock, [rejectedRecord('notify', record, error)]);
    deps.meter.discarded(1);
    ack();
    return;
  }
  const { version, alert } = state;
  const outcomes = await Promise.allSettled(deps.notifiers.map((notifier) => deliver(deps, notifier, version, alert, stop)));
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [{ name: deps.notifiers[index]?.name ?? '', error: outcome.reason as unknown }] : [],
  );
  if (stop.aborted && failures.length > 0) return; // delivered again after the restart
  for (const { error } of failures) if (isOfTheStore(error)) throw error; // the channel is not to blame: all of it again
  for (const { name, error } of failures) {
    const rejected = rejectedRecord('notify', record, error);
    await keepRejected(deps.log, deps.clock, [{ ...rejected, origin: `${rejected.origin} to ${name}` }]);
    deps.meter.discarded(1);
    deps.meter.error(error instanceof BarographError ? error.code : 'E_UNKNOWN');
  }
  deps.meter.sent(outcomes.length - failures.length);
  ack();
}

function isOfTheStore(error: unknown): boolean {
  return error instanceof BarographError && error.code !== 'E_NOTIFY_FAILED' && error.code !== 'E_NOTIFY_REFUSED';
}

const delivered = z.object({ attempted: z.number(), delivered: z.number(), handle: z.string().optional() });

/** Remembers the attempt before it is made and the delivery after, so that a possible repeat is known as one. */
async function deliver(deps: NotifyDeps, notifier: Notifier, version: number, alert: Alert, stop: AbortSignal): Promise<void> {
  const key = `notified/${notifier.name}/${alert.id}`;
  const record = await deps.states.get(key);
  const known = record === undefined ? { attempted: -1, delivered: -1 } : delivered.parse(JSON.parse(record.value));
  if (known.delivered >= version) return;
  await deps.states.put(key, JSON.stringify({ ...known, attempted: version }));
  const handle = await notifier.deliver(alert, { repeat: known.attempted === version, handle: known.handle }, stop);
  await deps.states.put(
    key,
    JSON.stringify({ attempted: version, delivered: version, ...(handle === undefined ? {} : { handle }) }),
  );
}
