import { classifyPipeline } from '../../pipelines/classify.ts';
import { labelsPipeline } from '../../pipelines/labels.ts';
import { ledgerPipeline } from '../../pipelines/ledger.ts';
import { notifyPipeline } from '../../pipelines/notify.ts';
import { type Pipeline, supervise } from '../../pipelines/pipeline.ts';
import type { Config } from '../config/schema.ts';
import { systemClock } from '../domain/clock.ts';
import { BarographError } from '../domain/errors.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { Ledger } from '../ledger/fold.ts';
import { measured } from '../model/serving/measured.ts';
import type { Classifier } from '../model/serving/port.ts';
import type { Notifier } from '../notify/port.ts';
import type { Logger } from '../ops/logger.ts';
import type { Metrics } from '../ops/metrics.ts';
import { findEntities } from '../text/entities/find-entities.ts';
import { fingerprint } from '../text/fingerprint.ts';
import type { Storage } from './storage.ts';

/** How long a shutdown may take; what is not finished by then is delivered again at the next start. */
export const DRAIN_DEADLINE_MS = 10_000;

export interface PartsOptions {
  readonly storage: Storage;
  readonly metrics: Metrics;
  readonly model: Config['model'];
  readonly settings: LedgerSettings;
  readonly classifier: Classifier;
  readonly notifiers: readonly Notifier[];
  /** False when a replay writes the ticks. */
  readonly ticks: boolean;
  readonly onProgress?: (ledger: Ledger) => void;
}

/** The pipelines behind the log, ready to run. */
export function pipelinesOf(options: PartsOptions): {
  readonly classify: Pipeline;
  readonly ledger: Pipeline;
  readonly notify: Pipeline;
  readonly labels: Pipeline;
} {
  const { storage, metrics, model } = options;
  const shared = { log: storage.log, clock: systemClock };
  return {
    classify: classifyPipeline({
      ...shared,
      meter: metrics.meter('classify'),
      classifier: measured(options.classifier, metrics.observeInference),
      fingerprint,
      findEntities,
      maxInFlight: model.maxInFlight,
      maxBatchTokens: model.maxBatchTokens,
      batchTimeMs: model.batchTimeMs,
    }),
    ledger: ledgerPipeline({
      ...shared,
      meter: metrics.meter('ledger'),
      trends: storage.trends,
      states: storage.states,
      settings: options.settings,
      ticks: options.ticks,
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    }),
    notify: notifyPipeline({ ...shared, meter: metrics.meter('notify'), states: storage.states, notifiers: options.notifiers }),
    labels: labelsPipeline({ ...shared, meter: metrics.meter('labels') }),
  };
}

/** Pipelines at work. */
export interface Running {
  /** Rejects with the first failure that stops the system; resolves after `stop`. */
  readonly finished: Promise<void>;
  /** Stops reading, lets what is in flight through, commits. Resolves after the deadline at the latest. */
  stop(): Promise<void>;
}

/** Runs pipelines together: when one fails for good, all are drained and `finished` rejects with its error. */
export function runTogether(pipelines: readonly Pipeline[], logger: Logger): Running {
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    stopping.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const runs = pipelines.map((pipeline) =>
    supervise(pipeline, logger, stopping.signal).catch((error: unknown) => {
      stopping.abort();
      throw error;
    }),
  );
  const finished = Promise.allSettled([stopped, ...runs]).then((outcomes) => {
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  });
  finished.catch(() => undefined);
  return {
    finished,
    stop: async () => {
      stopping.abort();
      await withDeadline(finished, DRAIN_DEADLINE_MS, logger);
    },
  };
}

async function withDeadline(finished: Promise<void>, deadlineMs: number, logger: Logger): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), deadlineMs);
  });
  const outcome = await Promise.race([finished.catch(() => undefined), late]);
  clearTimeout(timer);
  if (outcome === 'late')
    logger.warn({ deadlineMs }, 'not everything in flight was finished; the rest is delivered again at the next start');
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
export function terminationSignal(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(1);
    controller.abort(new BarographError('E_PIPELINE_FAILED', 'The process was asked to stop.'));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
}
