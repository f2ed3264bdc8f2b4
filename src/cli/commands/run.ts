import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Argument, Command } from 'commander';
import { ingestPipeline } from '../../../pipelines/ingest.ts';
import type { Pipeline } from '../../../pipelines/pipeline.ts';
import { replayPipeline } from '../../../pipelines/replay.ts';
import { secretValues } from '../../config/secrets.ts';
import { systemClock } from '../../domain/clock.ts';
import { httpFetcher } from '../../feeds/fetch-feed.ts';
import { lazyClassifier } from '../../model/serving/lazy.ts';
import { createLogger } from '../../ops/logger.ts';
import { createMetrics } from '../../ops/metrics.ts';
import { startWeb } from '../../web/server/server.ts';
import { parsePort, parseSpeed } from '../arguments.ts';
import { openModel } from '../model.ts';
import { openNotifiers } from '../notifiers.ts';
import { demo, recordingOf } from '../recordings.ts';
import { CONFIG_FILE, DEMO_DATA, loadSetup, projectVersion } from '../setup.ts';
import { reportStatus } from '../status.ts';
import { embedded, openStorage, type StoragePlace } from '../storage.ts';
import { pipelinesOf, runTogether, terminationSignal } from '../system.ts';

/** Those that read the log. */
const READERS = ['classify', 'ledger', 'notify', 'labels'] as const;
/** What `run` takes as arguments. */
export const NAMES = ['ingest', ...READERS, 'web'] as const;
type Name = (typeof NAMES)[number];

interface Options {
  readonly config?: string;
  readonly data?: string;
  readonly model?: string;
  readonly port?: number;
  readonly recording?: string;
  readonly speed: number;
}

export function runCommand(): Command {
  return new Command('run')
    .description('Run pipelines and the dashboard until stopped; without a configuration, the demo')
    .addArgument(new Argument('[pipeline...]', 'which of them; all by default').choices(NAMES))
    .option('--config <file>', `configuration file (default: ${CONFIG_FILE} of this folder)`)
    .option('--data <dir>', 'data folder')
    .option('--model <dir>', 'model bundle, or "stub" for made-up scores that cost nothing')
    .option('--port <port>', 'port of the dashboard', parsePort)
    .option(
      '--recording <file>',
      'play recorded articles on their own clock instead of polling feeds; for every process of the set-up',
    )
    .option(
      '--speed <speed>',
      'of a recording, and of the last day of the demo: max, or how many times faster than life',
      parseSpeed,
      600,
    )
    .action(async (names: Name[], options: Options) => run(names.length === 0 ? NAMES : names, options));
}

async function run(names: readonly Name[], options: Options): Promise<void> {
  const { config, file } = await loadSetup(options.config);
  const isDemo = file === undefined && options.recording === undefined;
  const recording =
    options.recording === undefined
      ? isDemo
        ? demo(options.speed)
        : undefined
      : recordingOf([options.recording], options.speed);
  const logger = createLogger(config.logging.level, { secrets: secretValues(config) });
  const metrics = createMetrics();
  const stop = terminationSignal();
  const place: StoragePlace =
    options.data === undefined
      ? isDemo
        ? embedded(DEMO_DATA)
        : { ...config, onTrouble: (message) => logger.warn(message) }
      : embedded(resolve(options.data));
  const opened: { close(): Promise<unknown> }[] = [];
  const open = <T extends { close(): Promise<unknown> }>(part: T): T => {
    opened.push(part);
    return part;
  };
  try {
    if (isDemo) {
      logger.info(
        `no ${CONFIG_FILE} here: running the demo, a recorded sample of real news. \`npx barograph init\` writes a configuration for live feeds`,
      );
      await rm(place.dataDir, { recursive: true, force: true });
    }
    const storage = open(await openStorage(place));
    if (place.elasticsearch !== undefined && names.includes('ledger') && recording === undefined) {
      const { keepRetention } = await import('../retention.ts');
      open(keepRetention(place.elasticsearch, () => systemClock.now(), logger));
    }
    const settings = config.ledger;
    const facts: Record<string, unknown> = { mode: isDemo ? 'demo' : 'live', version: projectVersion(), now: null, bundle: '' };
    const pipelines: Pipeline[] = [];
    if (READERS.some((name) => names.includes(name))) {
      const classifier = open(lazyClassifier(() => openModel(config.model, options.model)));
      const notifiers = openNotifiers(config.notifiers).map(open);
      const parts = pipelinesOf({
        ...{ storage, metrics, model: config.model, settings, classifier, notifiers, ticks: recording === undefined },
        onProgress: ({ state }) => Object.assign(facts, { now: state.now, counters: state.counters }),
      });
      for (const name of READERS) if (names.includes(name)) pipelines.push(parts[name]);
      if (names.includes('classify')) {
        await classifier.ready();
        facts.bundle = classifier.version;
      }
    }
    const shared = { log: storage.log, states: storage.states, clock: systemClock };
    if (names.includes('ingest') && recording !== undefined) {
      const meter = metrics.meter('ingest');
      pipelines.push(untilStopped(replayPipeline({ ...shared, ...recording, meter, bucketMs: settings.bucketMs })));
    } else if (names.includes('ingest')) {
      const fetcher = open(httpFetcher());
      pipelines.push(
        ingestPipeline({ ...shared, feeds: config.feeds, fetcher, random: Math.random, logger, meter: metrics.meter('ingest') }),
      );
      if (config.feeds.length === 0) logger.warn(`${file} names no feeds: nothing will come in`);
    }
    let ready = false;
    if (names.includes('web')) {
      const { host } = config.web;
      const port = options.port ?? config.web.port;
      const web = open(
        await startWeb({
          trends: storage.trends,
          states: storage.states,
          host,
          port,
          metrics: metrics.text,
          isReady: () => ready,
          logger,
        }),
      );
      process.stdout.write(`Barograph is at ${web.url}\n`);
    }
    open(reportStatus({ ...shared, metrics, pipelines, facts: () => facts }));
    const running = runTogether(pipelines, logger);
    ready = true;
    const stopped = new Promise((done) => stop.addEventListener('abort', done, { once: true }));
    await Promise.race([running.finished, stopped]);
    if (stop.aborted) logger.info('stopping: what is in flight is finished first');
    await running.stop();
    await running.finished;
  } finally {
    for (const part of opened.reverse()) await part.close();
  }
}

/** A recording ends; its pipeline stays, so that the dashboard does. */
function untilStopped(pipeline: Pipeline): Pipeline {
  return {
    ...pipeline,
    name: 'ingest',
    run: async (stop) => {
      await pipeline.run(stop);
      if (!stop.aborted) await new Promise((done) => stop.addEventListener('abort', done, { once: true }));
    },
  };
}
