import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { readDeadLetters } from '../../../pipelines/dead-letter.ts';
import { replayPipeline, replayProgress } from '../../../pipelines/replay.ts';
import { systemClock } from '../../domain/clock.ts';
import { BarographError } from '../../domain/errors.ts';
import { wireAlert } from '../../domain/wire.ts';
import { noArticle } from '../../feeds/file-row.ts';
import { lagOf } from '../../log/lag.ts';
import type { EventLog, Topic } from '../../log/port.ts';
import { createLogger } from '../../ops/logger.ts';
import { createMetrics } from '../../ops/metrics.ts';
import type { TrendStore } from '../../store/trend-port.ts';
import { parseSpeed } from '../arguments.ts';
import { openModel } from '../model.ts';
import { createOutput } from '../output.ts';
import { createProgress } from '../progress.ts';
import { recordingOf } from '../recordings.ts';
import { describeSummary, holdingBefore, holdingOf, type ReplaySummary, summarise } from '../replay-summary.ts';
import { loadSetup } from '../setup.ts';
import { embedded, openStorage, type Storage } from '../storage.ts';
import { pipelinesOf, runTogether, terminationSignal } from '../system.ts';

export interface ReplayOptions {
  readonly speed: number;
  readonly data?: string;
  readonly alerts?: string;
  readonly model?: string;
  readonly config?: string;
  readonly json?: true;
}

export function replayCommand(): Command {
  return new Command('replay')
    .description("Send recorded articles through all pipelines, on the articles' own clock")
    .argument('<file...>', 'NDJSON or CSV, .gz too: {ts|publishedAt, title|text, source?, url?, id?, ticker?}')
    .option('--speed <speed>', "max, or how many times faster than the articles' clock", parseSpeed, Number.POSITIVE_INFINITY)
    .option('--data <dir>', 'data folder to fill; an interrupted replay goes on there (default: a fresh one, removed afterwards)')
    .option('--alerts <file>', 'write a line of JSON for every alert')
    .option('--model <dir>', 'model bundle, or "stub" for made-up scores that cost nothing')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print the summary as JSON')
    .action(async (files: string[], options: ReplayOptions) => {
      for (const file of files) await readable(file);
      const temporary = options.data === undefined ? await mkdtemp(join(tmpdir(), 'barograph-replay-')) : undefined;
      try {
        const storage = await openStorage(embedded(resolve(options.data ?? (temporary as string))));
        try {
          const summary = await replay(storage, files, options);
          if (options.alerts !== undefined) await writeAlerts(storage.trends, options.alerts);
          createOutput(options.json === true).result(summary, describeSummary);
        } finally {
          await storage.close();
        }
      } finally {
        if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
      }
    });
}

export async function replay(storage: Storage, files: readonly string[], options: ReplayOptions): Promise<ReplaySummary> {
  const { config } = await loadSetup(options.config);
  const classifier = await openModel(config.model, options.model);
  const logger = createLogger(config.logging.level);
  const metrics = createMetrics();
  const progress = createProgress();
  const parts = pipelinesOf({
    storage,
    metrics,
    model: config.model,
    settings: config.ledger,
    classifier,
    notifiers: [],
    ticks: false,
    onProgress: ({ state: { counters } }) =>
      progress.show(`${counters.articles} articles, ${counters.stories} stories, ${counters.alerts} alerts`),
  });
  const recording = recordingOf(files, options.speed);
  const { name } = recording;
  const source = replayPipeline({
    log: storage.log,
    states: storage.states,
    clock: systemClock,
    meter: metrics.meter('replay'),
    bucketMs: config.ledger.bucketMs,
    ...recording,
  });
  const before = await holdingBefore(storage, name);
  const articlesAtStart = await storage.trends.count('article');
  const stop = terminationSignal();
  const startedAt = performance.now();
  const running = runTogether([parts.classify, parts.ledger, parts.notify], logger);
  try {
    await Promise.race([source.run(stop), running.finished]);
    await Promise.race([settled(storage.log, stop), running.finished]);
  } finally {
    await running.stop();
    await classifier.close();
    progress.end();
  }
  await running.finished;
  if (stop.aborted)
    throw new BarographError(
      'E_PIPELINE_FAILED',
      'The replay was interrupted. With --data the same command goes on where it stood.',
    );
  const seconds = (performance.now() - startedAt) / 1000;
  const { lines } = await replayProgress(storage.states, name);
  const end = await holdingOf(storage);
  const summary = summarise(lines, before, end, Math.round((end.articles - articlesAtStart) / seconds));
  if (summary.deadLettered >= lines) await refuseUnusable(storage.log, files, { name, lines });
  return summary;
}

/** Other stages dead-letter as well, so the rows' own are counted. */
async function refuseUnusable(log: EventLog, files: readonly string[], of: { name: string; lines: number }): Promise<void> {
  const [first, ...more] = (await readDeadLetters(log)).filter(({ origin }) => origin.startsWith(`${of.name}:`));
  if (first !== undefined && 1 + more.length === of.lines) throw noArticle(files, first.reason);
}

/** Waits until every record was folded and every alert passed on. */
async function settled(log: EventLog, stop: AbortSignal): Promise<void> {
  const groups: readonly (readonly [Topic, string])[] = [
    ['news.raw', 'classify'],
    ['news.scored', 'ledger'],
    ['alerts', 'notify'],
  ];
  for (const [topic, group] of groups) {
    while (!stop.aborted && (await lagOf(log, topic, group)) > 0) await sleep(20);
  }
}

async function writeAlerts(trends: TrendStore, file: string): Promise<void> {
  const alerts = await trends.alerts({ limit: Number.MAX_SAFE_INTEGER });
  const lines = [...alerts].reverse().map((alert) => {
    const { id, series, status, severity, openedAt, resolvedAt, evidence } = wireAlert(alert);
    return `${JSON.stringify({ id, series, status, severity, openedAt, resolvedAt, evidence })}\n`;
  });
  await writeFile(file, lines.join('')).catch((cause: unknown) => {
    throw new BarographError('E_OUTPUT_FAILED', `The alerts cannot be written to ${file}.`, { cause });
  });
}

async function readable(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) throw new BarographError('E_INPUT_MISSING', `${file} is no file that can be read.`);
}
