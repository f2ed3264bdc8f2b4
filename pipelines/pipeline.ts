import { setTimeout as sleep } from 'node:timers/promises';
import { BarographError } from '../src/domain/errors.ts';
import { errorFields, type Logger } from '../src/ops/logger.ts';
import type { PipelineMeter } from '../src/ops/metrics.ts';

/** A pipeline runs until `stop` aborts, then finishes what is in flight and resolves. It rejects when it failed. */
export interface Pipeline {
  readonly name: string;
  readonly meter: PipelineMeter;
  run(stop: AbortSignal): Promise<void>;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Runs a pipeline again after failures that may pass, with growing pauses; what it had not acknowledged is delivered again.
 * Rejects with a failure that will not pass (`stop`), and with anything that is not ours: that is a bug.
 */
export async function supervise(pipeline: Pipeline, logger: Logger, stop: AbortSignal): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  while (!stop.aborted) {
    const sentBefore = pipeline.meter.counts.sent;
    try {
      await pipeline.run(stop);
      if (stop.aborted) return;
      throw new BarographError('E_PIPELINE_FAILED', `The pipeline ${pipeline.name} ended by itself.`);
    } catch (error) {
      pipeline.meter.error(error instanceof BarographError ? error.code : 'E_UNKNOWN');
      if (!(error instanceof BarographError) || error.fate === 'stop') throw error;
      if (stop.aborted) return;
      if (pipeline.meter.counts.sent > sentBefore) pauseMs = FIRST_PAUSE_MS;
      logger.warn({ ...errorFields(error), pipeline: pipeline.name, pauseMs }, 'pipeline failed; it starts again');
      await sleep(pauseMs, undefined, { signal: stop }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }
}
