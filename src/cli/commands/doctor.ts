import { access, constants } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { formatFault } from '../../config/faults.ts';
import { ConfigError } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { maskSecrets } from '../../config/secrets.ts';
import { systemClock } from '../../domain/clock.ts';
import { httpFetcher } from '../../feeds/fetch-feed.ts';
import { pollFeed } from '../../feeds/poll.ts';
import { NEW_FEED } from '../../feeds/port.ts';
import { openClassifier } from '../../model/serving/classifier.ts';
import { executionProviders } from '../../model/serving/execution-providers.ts';
import { type ClusterPlan, planElasticsearch, planKafka } from '../cluster-plan.ts';
import { EXIT } from '../exit-codes.ts';
import { createOutput, table } from '../output.ts';
import { DEFAULT_BUNDLE, loadSetup, projectVersion, type Setup } from '../setup.ts';
import { embedded, openStorage } from '../storage.ts';

interface Check {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('What is installed, reachable and in use; secrets are masked')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print as JSON')
    .addHelpText('after', `\nExits with ${EXIT.findings} when something does not work.`)
    .action(async (options: { config?: string; json?: true }) => {
      const checks = await examine(options.config);
      createOutput(options.json === true).result(checks, () =>
        table(checks.map(({ what, ok, detail }) => [ok ? 'ok' : 'FAULT', what, detail])),
      );
      if (checks.some(({ ok }) => !ok)) process.exitCode = EXIT.findings;
    });
}

async function examine(configFile: string | undefined): Promise<readonly Check[]> {
  const checks: Check[] = [
    { what: 'barograph', ok: true, detail: projectVersion() },
    {
      what: 'node',
      ok: true,
      detail: `${process.version} on ${process.platform} ${process.arch}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    },
  ];
  let setup: Setup;
  try {
    setup = await loadSetup(configFile);
  } catch (error) {
    const detail = error instanceof ConfigError ? error.faults.map(formatFault).join('; ') : messageOf(error);
    return [...checks, { what: 'configuration', ok: false, detail }];
  }
  const { config, file } = setup;
  checks.push({ what: 'configuration', ok: true, detail: file ?? 'none: defaults, and `run` shows the demo' });
  checks.push(await check('model', () => examineModel(config)));
  checks.push({ what: 'execution providers', ok: true, detail: `${executionProviders().join(', ')} (in use: cpu)` });
  const { kafka, elasticsearch } = config;
  if (kafka !== undefined) checks.push(await check('log', () => examineCluster(planKafka(kafka))));
  if (elasticsearch !== undefined) checks.push(await check('stores', () => examineCluster(planElasticsearch(elasticsearch))));
  if (kafka === undefined || elasticsearch === undefined)
    checks.push(await check(dataName(config), () => examineData(config.dataDir)));
  const masked = maskSecrets(config);
  for (const [index, feed] of config.feeds.entries()) {
    checks.push(await check(`feed ${feed.name}`, async () => `${masked.feeds[index]?.url ?? ''}: ${await examineFeed(feed)}`));
  }
  for (const notifier of masked.notifiers) {
    const address =
      notifier.kind === 'slack' ? notifier.webhookUrl : notifier.kind === 'webhook' ? notifier.url : 'this terminal';
    checks.push({
      what: `notifier ${notifier.name}`,
      ok: true,
      detail: `${notifier.kind} to ${address} (not tried: it would alarm people)`,
    });
  }
  return checks;
}

function dataName({ kafka, elasticsearch }: Config): string {
  if (kafka !== undefined) return 'stores';
  return elasticsearch === undefined ? 'log and stores' : 'log';
}

async function examineCluster(planned: Promise<ClusterPlan>): Promise<string> {
  const { about, missing, close } = await planned;
  await close();
  if (missing.length === 0) return about;
  throw new Error(`${about} lacks ${missing.join(', ')}: run \`barograph setup\``);
}

async function examineModel(config: Config): Promise<string> {
  const bundle = config.model.bundleDir ?? DEFAULT_BUNDLE;
  const classifier = await openClassifier({ bundle, workers: 1 });
  try {
    await classifier.classify([{ text: 'Shares fall after profit warning' }]);
    return `${classifier.version}, ${classifier.labels.topics.length} topics, from ${bundle}`;
  } finally {
    await classifier.close();
  }
}

/** Does not make a folder that is not there yet. */
async function examineData(folder: string): Promise<string> {
  const exists = await access(folder).then(
    () => true,
    () => false,
  );
  if (!exists) {
    await access(dirname(folder), constants.W_OK);
    return `embedded (SQLite), ${folder} will be made`;
  }
  const storage = await openStorage(embedded(folder));
  try {
    return `embedded (SQLite) in ${folder}: ${await storage.trends.count('article')} articles, ${await storage.trends.count('alert')} alerts`;
  } finally {
    await storage.close();
  }
}

async function examineFeed(feed: Config['feeds'][number]): Promise<string> {
  const fetcher = httpFetcher();
  try {
    const signal = AbortSignal.timeout(feed.timeoutMs + 1_000);
    const result = await pollFeed(feed, NEW_FEED, { fetcher, clock: systemClock, random: () => 0.5 }, signal);
    if (result.error !== undefined) throw result.error;
    return `${result.articles.length} articles`;
  } finally {
    await fetcher.close();
  }
}

async function check(what: string, examine: () => Promise<string>): Promise<Check> {
  try {
    return { what, ok: true, detail: await examine() };
  } catch (error) {
    return { what, ok: false, detail: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
