import { hostname } from 'node:os';
import type { Pipeline } from '../../pipelines/pipeline.ts';
import type { Clock } from '../domain/clock.ts';
import { lagOf } from '../log/lag.ts';
import type { EventLog, Topic } from '../log/port.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { StateStore } from '../store/state-port.ts';
import { repeat } from './repeat.ts';

const EVERY_MS = 1_000;
/** A process that says nothing for this long is gone. */
const EXPIRES_MS = 5_000;

const READS: Readonly<Record<string, readonly [Topic, string]>> = {
  classify: ['news.raw', 'classify'],
  ledger: ['news.scored', 'ledger'],
  notify: ['alerts', 'notify'],
  labels: ['news.labelled', 'labels'],
};

export interface StatusOptions {
  readonly states: StateStore;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly pipelines: readonly Pipeline[];
  /** Facts of this process that change: the ledger's clock, the bundle in service, the mode. */
  readonly facts: () => Readonly<Record<string, unknown>>;
}

/** Tells once a second, in `status/<host>/<pid>`, how the pipelines of this process fare: for the dashboard and for metrics. */
export function reportStatus(options: StatusOptions): { close(): Promise<void> } {
  const { states, log, clock, metrics, pipelines, facts } = options;
  const key = `status/${hostname()}/${process.pid}`;
  const report = async (): Promise<void> => {
    const lags = await Promise.all(pipelines.map(({ name }) => measuredLag(log, metrics, name)));
    const value = {
      ...facts(),
      pipelines: pipelines.map(({ name, meter }, index) => ({ name, ...meter.counts, lag: lags[index] ?? null })),
    };
    await states.put(key, JSON.stringify(value), { expiresAt: clock.now() + EXPIRES_MS });
  };
  // A status that cannot be written is no reason to stop: the pipelines themselves hear of a broken store.
  const repeating = repeat(EVERY_MS, report, () => undefined);
  return {
    close: async () => {
      await repeating.close();
      await states.delete(key).catch(() => undefined);
    },
  };
}

async function measuredLag(log: EventLog, metrics: Metrics, pipeline: string): Promise<number | null> {
  const reads = READS[pipeline];
  if (reads === undefined) return null;
  const [topic, group] = reads;
  const lag = await lagOf(log, topic, group);
  metrics.setLag(topic, group, lag);
  return lag;
}
