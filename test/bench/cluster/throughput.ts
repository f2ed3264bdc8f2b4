import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_BUNDLE } from '../../../src/cli/setup.ts';
import type { Article } from '../../../src/domain/article.ts';
import { figureOf, show } from '../figures.ts';
import { scoringRate } from '../scoring.ts';
import { articleOf, fill, progress, rawRecord } from './articles.ts';
import { type Servers, withBed } from './bed.ts';
import { costOf, cpuOf, showCost } from './cost.ts';

/** Of the articles: programs compile and groups assemble until then. */
const WARM_UP = 0.25;
/** Not often: broker and machine would be busy with it. */
const [POLL_MS, POLL_SLOW_MS] = [250, 1000];
/** Of the articles: a look at the very end would count time in which nothing was left to do. */
const MEASURED = 0.95;
const WARM_UP_ARTICLES = 400_000;
/** At the model's pace requests are smaller, and JVMs compile anew what those take: 40 % of a node's time in the first round. */
const WARM_UP_ROUNDS = 6;
const STUB = ['--model', 'stub'];

/** Which processes read, and how many of each. */
type Layout = readonly (readonly string[])[];

const start = Date.UTC(2026, 0, 5);
const EVERY_MS = 2000;

interface Measured {
  /** Articles a second. */
  readonly rate: number;
  /** Microseconds of a core an article, by process. */
  readonly cpu: ReadonlyMap<string, number>;
}

/** From `news.raw` until the last group of the layout has committed nearly all articles. */
async function measure(
  servers: Servers,
  titles: readonly string[],
  layout: Layout,
  model: readonly string[],
  pollMs = POLL_MS,
): Promise<Measured> {
  const articles = titles.map((title, i) => articleOf(`article-${i}`, title, start + i * EVERY_MS));
  return withBed(servers, async ({ storage: { log }, run }) => {
    await fill(log, 'news.raw', articles.length, (i) => rawRecord(articles[i] as Article));
    const pids = new Map(Object.entries(servers.pids));
    for (const [i, pipelines] of layout.entries()) pids.set(`${i + 1} ${pipelines}`, run(...pipelines, ...model).child.pid);
    const hasLedger = layout.flat().includes('ledger');
    const [topic, group] = hasLedger ? (['news.scored', 'ledger'] as const) : (['news.raw', 'classify'] as const);
    const reaches = async (count: number) => {
      for (;;) {
        const done = await progress(log, topic, group);
        if (done >= count) return { done, at: performance.now(), cpu: cpuOf(pids) };
        await sleep(pollMs);
      }
    };
    const begin = await reaches(articles.length * WARM_UP);
    const end = await reaches(articles.length * MEASURED);
    return { rate: ((end.done - begin.done) * 1000) / (end.at - begin.at), cpu: costOf(begin, end) };
  });
}

/** The model costs nothing: what log, ledger and store carry. */
export async function benchStub(servers: Servers, titles: readonly string[], runs: number): Promise<void> {
  const bytes = titles.map((title, i) => Buffer.byteLength(rawRecord(articleOf(`article-${i}`, title, start)).value));
  const layouts: Readonly<Record<string, Layout>> = {
    'one process': [['classify', 'ledger']],
    'classify, ledger': [['classify'], ['ledger']],
    '2 classify, ledger': [['classify'], ['classify'], ['ledger']],
    '3 classify, ledger': [['classify'], ['classify'], ['classify'], ['ledger']],
    '1 classify alone': [['classify']],
    '2 classify alone': [['classify'], ['classify']],
    '3 classify alone': [['classify'], ['classify'], ['classify']],
  };
  // Scoring by itself is over before the last process has joined, unless there is more to do.
  const many = Array.from({ length: 5 }, () => titles).flat();
  const found = new Map(Object.keys(layouts).map((name) => [name, [] as Measured[]]));
  for (let i = 0; i < runs; i += 1)
    for (const [name, layout] of Object.entries(layouts)) {
      const alone = !layout.flat().includes('ledger');
      found.get(name)?.push(await measure(servers, alone ? many : titles, layout, STUB));
    }
  console.log(
    `model without cost, ${titles.length} articles of ${figureOf(bytes).median} bytes at the median   target: at least 2,000/s`,
  );
  for (const [name, runs] of found) {
    const speed = show(figureOf(runs.map(({ rate }) => rate)), 'articles/s');
    console.log(
      `  ${name.padEnd(22)} ${speed}; microseconds of a core an article, last run: ${showCost(runs.at(-1)?.cpu ?? new Map())}`,
    );
  }
}

/** Servers that have just started compile until they have done much, as those of a cluster have long before. */
export async function warmUp(servers: Servers, titles: readonly string[]): Promise<void> {
  const many = Array.from({ length: WARM_UP_ARTICLES }, (_, i) => titles[i % titles.length] ?? '');
  await measure(servers, many, [['classify', 'ledger']], STUB);
}

/** The default bundle on the clusters, and alone on the same articles, in turn. */
export async function benchModel(servers: Servers, titles: readonly string[], runs: number): Promise<void> {
  for (let i = 0; i < WARM_UP_ROUNDS; i += 1) await measure(servers, titles, [['classify', 'ledger']], [], POLL_SLOW_MS);
  const [alone, clustered, shares]: number[][] = [[], [], []];
  for (let i = 0; i < runs; i += 1) {
    const own = await scoringRate(DEFAULT_BUNDLE, titles);
    const { rate: whole, cpu } = await measure(servers, titles, [['classify', 'ledger']], [], POLL_SLOW_MS);
    console.log(`  microseconds of a core an article: ${showCost(cpu)}`);
    alone?.push(own);
    clustered?.push(whole);
    shares?.push((100 * whole) / own);
  }
  console.log(`default bundle, ${titles.length} articles, in turn`);
  console.log(`  classifier alone       ${show(figureOf(alone ?? []), 'articles/s')}`);
  console.log(`  on the clusters        ${show(figureOf(clustered ?? []), 'articles/s')}`);
  console.log(`  of the former          ${show(figureOf(shares ?? []), '%', 1)}   target: at least 85 %`);
}
