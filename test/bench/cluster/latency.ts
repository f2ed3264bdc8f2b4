import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_BUNDLE } from '../../../src/cli/setup.ts';
import { bucketStart } from '../../../src/domain/series.ts';
import { decodeAlert, encodeScored } from '../../../src/domain/wire.ts';
import type { EventLog, NewRecord } from '../../../src/log/port.ts';
import { openClassifier } from '../../../src/model/serving/classifier.ts';
import { eventually } from '../../eventually.ts';
import { DAY, NEGATIVE, NEUTRAL, random, scored, tick } from '../../ledger/scored.ts';
import { figureOf, show } from '../figures.ts';
import { articleOf, BUCKET_MS, progress, rawRecord } from './articles.ts';
import { type Servers, withBed } from './bed.ts';

const POLL_MS = 25;

/** From an append to `news.raw` until a search finds the document, two or three articles a second. */
export async function benchSearch(servers: Servers, titles: readonly string[]): Promise<void> {
  await withBed(servers, async ({ storage: { log }, search, run }) => {
    run('classify', 'ledger');
    const next = random(3);
    const isFound = async (id: string): Promise<boolean> => {
      const response = await fetch(`${search.url}/${search.prefix}articles/_count?q=_id:${id}`);
      return response.ok && ((await response.json()) as { count: number }).count === 1;
    };
    const timeOf = async (id: string, title: string): Promise<number> => {
      const begin = performance.now();
      await log.append('news.raw', [rawRecord(articleOf(id, title, Date.now()))]);
      while (!(await isFound(id))) await sleep(POLL_MS);
      return performance.now() - begin;
    };
    await timeOf('first', 'Programs start and groups assemble until this is found');
    const times: Promise<number>[] = [];
    for (const [i, title] of titles.entries()) {
      times.push(timeOf(`search-${i}`, title));
      await sleep(800 * next());
    }
    const found = await Promise.all(times);
    console.log(
      `news.raw to searchable, ${found.length} articles    ${show(figureOf(found), 'ms')}   target: median at most 1,500 ms`,
    );
  });
}

/** Bad stories of a burst, and the companies that have one. */
const [STORIES, SURGES] = [12, 120];
const BACKGROUND = 10_000;

/**
 * From the append of the article that completes a surge to the call of the webhook: two days of news about some companies, then a burst
 * of bad news about each, ten stories a second.
 */
export async function benchSurge(servers: Servers, titles: readonly string[]): Promise<void> {
  const bad = await badOnes(titles.slice(BACKGROUND), SURGES * STORIES);
  const hook = await receiver();
  const alerts = `ledger: {dedupe_window: 7d}\nalerts: {warm_up: 12h, budget_per_day: 20}\nnotify: [{kind: webhook, url: "${hook.url}"}]\n`;
  try {
    await withBed(
      servers,
      async ({ storage: { log }, run }) => {
        const companies = symbols(SURGES);
        await log.append('news.scored', past(titles.slice(0, BACKGROUND), companies));
        run('classify');
        run('ledger', 'notify');
        await eventually(async () => (await progress(log, 'news.scored', 'ledger')) > BACKGROUND, 'the ledger', 120_000);
        const appended = new Map<string, number>();
        for (const [n, symbol] of companies.entries()) {
          for (let i = 0; i < STORIES; i += 1) {
            const id = `burst-${n}-${i}`;
            const title = bad[n * STORIES + i] ?? '';
            appended.set(id, performance.now());
            await log.append('news.raw', [rawRecord(articleOf(id, title, Date.now(), [symbol]))]);
            await sleep(100);
          }
        }
        await sleep(5000);
        const times = await delays(log, appended, hook.received);
        const sorted = [...times].sort((a, b) => a - b);
        const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
        console.log(
          `surge to webhook, ${times.length} alerts           ${show(figureOf(times), 'ms')}, 99th percentile ${p99.toFixed(0)} ms   target: median at most 2,000, 99th percentile 5,000`,
        );
      },
      alerts,
    );
  } finally {
    await hook.close();
  }
}

/** Two days of news up to now, one story in ten bad, with the ticks of their time. */
function past(titles: readonly string[], companies: readonly string[]): readonly NewRecord[] {
  const next = random(7);
  const begin = Date.now() - 2 * DAY;
  const records: NewRecord[] = [];
  let bucket = 0;
  for (const [i, title] of titles.entries()) {
    const at = begin + (i * 2 * DAY) / titles.length;
    if (bucketStart(at, BUCKET_MS) > bucket) {
      bucket = bucketStart(at, BUCKET_MS);
      records.push({ key: 'tick', value: encodeScored(tick(bucket)) });
    }
    const sentiment = next() < 0.1 ? NEGATIVE : NEUTRAL;
    const symbol = companies[Math.floor(next() * companies.length)] ?? '';
    const topic = `Topic ${Math.floor(next() * 20)}`;
    records.push({ key: 'k', value: encodeScored(scored({ id: `past-${i}`, title, at, sentiment, topic, symbols: [symbol] })) });
  }
  return records;
}

/** For each alert that a burst opened: from the append of the article at its offset to the first call about it. */
async function delays(
  log: EventLog,
  appended: ReadonlyMap<string, number>,
  received: ReadonlyMap<string, number>,
): Promise<readonly number[]> {
  const articles = new Map<number, string>();
  for await (const chunk of log.read('news.scored', 0, 0))
    for (const { offset, key } of chunk) if (appended.has(key)) articles.set(offset, key);
  const times = new Map<string, number>();
  for await (const chunk of log.read('alerts', 0, 0))
    for (const { value } of chunk) {
      const { version, alert } = decodeAlert(value);
      const begin = appended.get(articles.get(version) ?? '');
      const end = received.get(alert.id);
      if (begin !== undefined && end !== undefined && alert.openedAt === alert.updatedAt) times.set(alert.id, end - begin);
    }
  return [...times.values()];
}

/** So many titles that the bundle finds bad, so that every story of a burst counts. */
async function badOnes(titles: readonly string[], count: number): Promise<readonly string[]> {
  const classifier = await openClassifier({ bundle: DEFAULT_BUNDLE });
  const bad: string[] = [];
  try {
    for (let at = 0; at < titles.length && bad.length < count; at += 1000) {
      const some = titles.slice(at, at + 1000);
      const scores = await classifier.classify(some.map((text) => ({ text })));
      bad.push(...some.filter((_, i) => (scores[i]?.sentiment.negative ?? 0) > 0.6));
    }
  } finally {
    await classifier.close();
  }
  if (bad.length < count) throw new Error(`only ${bad.length} of ${titles.length} titles are bad news`);
  return bad;
}

/** Symbols of listed companies. */
function symbols(count: number): readonly string[] {
  const file = join(import.meta.dirname, '../../../src/text/entities/companies.txt');
  const lines = readFileSync(file, 'utf8').split('\n');
  const known = lines.filter((line) => /^[A-Z]{3,4}\t/.test(line)).map((line) => line.slice(0, line.indexOf('\t')));
  return known.filter((_, i) => i % Math.floor(known.length / count) === 0).slice(0, count);
}

/** Takes alerts; keeps when it first heard of each. */
async function receiver() {
  const received = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const at = performance.now();
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { alert } = JSON.parse(body) as { alert: { id: string } };
    if (!received.has(alert.id)) received.set(alert.id, at);
    response.writeHead(200).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    ...{ received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
