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
  try {
    const { version, alert } = decodeAlert(record.value);
    const outcomes = await Promise.allSettled(deps.notifiers.map((notifier) => deliver(deps, notifier, version, alert, stop)));
    if (stop.aborted && outcomes.some(({ status }) => status === 'rejected')) return; // delivered again after the restart
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') continue;
      const name = deps.notifiers[index]?.name ?? '';
      const rejected = rejectedRecord('notify', record, outcome.reason);
      await keepRejected(deps.log, deps.clock, [{ ...rejected, origin: `${rejected.origin} to ${name}` }]);
      deps.meter.discarded(1);
      deps.meter.error(outcome.reason instanceof BarographError ? outcome.reason.code : 'E_UNKNOWN');
    }
    deps.meter.sent(outcomes.filter(({ status }) => status === 'fulfilled').length);
  } catch (error) {
    await keepRejected(deps.log, deps.clock, [rejectedRecord('notify', record, error)]);
    deps.meter.discarded(1);
  }
  ack();
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
