import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { finished } from 'node:stream/promises';
import { replay } from '../../src/cli/commands/replay.ts';
import { DEFAULT_BUNDLE } from '../../src/cli/setup.ts';
import { embedded, openStorage } from '../../src/cli/storage.ts';
import { readHeadlines } from './classifier.ts';
import { figureOf, show } from './figures.ts';
import { scoringRate } from './scoring.ts';

const DAY_MS = 86_400_000;

interface Run {
  readonly articlesPerSecond: number;
  /** Resident memory in MB at every tenth of the time. */
  readonly memoryMb: readonly number[];
  readonly delayP99Ms: number;
}

async function run(file: string, model: string): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'barograph-bench-'));
  const storage = await openStorage(embedded(folder));
  const delay = monitorEventLoopDelay({ resolution: 10 });
  const memory: number[] = [];
  const sampling = setInterval(() => memory.push(process.memoryUsage.rss() / 1e6), 500);
  try {
    delay.enable();
    const summary = await replay(storage, [file], { speed: Number.POSITIVE_INFINITY, model });
    delay.disable();
    const tenth = (i: number): number => memory[Math.min(memory.length - 1, Math.round((i * memory.length) / 10))] ?? 0;
    return {
      articlesPerSecond: summary.articlesPerSecond,
      memoryMb: Array.from({ length: 10 }, (_, i) => Math.round(tenth(i + 1))),
      delayP99Ms: delay.percentile(99) / 1e6,
    };
  } finally {
    clearInterval(sampling);
    await storage.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** `headlines` as often as needed for `count` articles, evenly over the days, the repetitions years apart. */
async function writeArticles(file: string, headlines: readonly string[], count: number, aDay: number): Promise<void> {
  const stream = createWriteStream(file);
  for (let i = 0; i < count; i += 1) {
    const at = Date.UTC(2000, 0, 1) + (i * DAY_MS) / aDay;
    const line = `${JSON.stringify({ ts: new Date(at).toISOString(), title: headlines[i % headlines.length] })}\n`;
    if (!stream.write(line)) await once(stream, 'drain');
  }
  stream.end();
  await finished(stream);
}

/** The whole replay against the classifier alone, in turn: what log, ledger and store add. */
export async function benchReplay(dataFolder: string, folder: string, runs: number): Promise<void> {
  const headlines = readHeadlines(dataFolder, 1);
  const file = join(folder, 'headlines.ndjson');
  await writeArticles(file, headlines, headlines.length, 60);
  const alone: number[] = [];
  const whole: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    alone.push(await scoringRate(DEFAULT_BUNDLE, headlines));
    whole.push((await run(file, DEFAULT_BUNDLE)).articlesPerSecond);
  }
  const added = alone.map((rate, i) => 100 * (rate / (whole[i] ?? Number.NaN) - 1));
  console.log(`classifier alone, ${headlines.length} headlines   ${show(figureOf(alone), 'articles/s')}`);
  console.log(`replay, default bundle                 ${show(figureOf(whole), 'articles/s')}`);
  console.log(`time that the rest adds                ${show(figureOf(added), '%', 1)}   target: at most 15 %`);
}

/** Log, ledger and store without the model's cost. */
export async function benchStub(dataFolder: string, folder: string, runs: number): Promise<void> {
  const headlines = readHeadlines(dataFolder, 1);
  const file = join(folder, 'stub.ndjson');
  await writeArticles(file, headlines, headlines.length, 5000);
  const rates: number[] = [];
  for (let i = 0; i < runs; i += 1) rates.push((await run(file, 'stub')).articlesPerSecond);
  console.log(`replay, stub model                     ${show(figureOf(rates), 'articles/s')}   target: at least 10000`);
}

/** Memory and event loop over a long replay. */
export async function benchLong(dataFolder: string, folder: string, count: number): Promise<void> {
  const file = join(folder, 'long.ndjson');
  await writeArticles(file, readHeadlines(dataFolder, 1), count, 5000);
  const { articlesPerSecond, memoryMb, delayP99Ms } = await run(file, 'stub');
  const [first = 0, ...later] = memoryMb;
  const growth = 100 * (Math.max(...later) / first - 1);
  console.log(`replay of ${count}, stub model         ${articlesPerSecond} articles/s`);
  console.log(
    `resident memory by tenths              ${memoryMb.join(' ')} MB; highest after the first ${growth.toFixed(1)} %   target: within 10 %`,
  );
  console.log(`event-loop delay, 99th percentile      ${delayP99Ms.toFixed(1)} ms   target: under 50 ms`);
}
