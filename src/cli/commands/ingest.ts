import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command } from 'commander';
import { keepRejected } from '../../../pipelines/dead-letter.ts';
import type { Article } from '../../domain/article.ts';
import { systemClock } from '../../domain/clock.ts';
import { BarographError } from '../../domain/errors.ts';
import { encodeRaw } from '../../domain/wire.ts';
import { detectFormat, readArticleFile } from '../../feeds/article-file.ts';
import { httpFetcher } from '../../feeds/fetch-feed.ts';
import { noArticle } from '../../feeds/file-row.ts';
import { parseFeed, pollFeed } from '../../feeds/poll.ts';
import { type FeedSettings, NEW_FEED, type UnusableItem } from '../../feeds/port.ts';
import type { EventLog } from '../../log/port.ts';
import { createOutput } from '../output.ts';
import { createProgress } from '../progress.ts';
import { openStorage, placeOf } from '../storage.ts';
import { terminationSignal } from '../system.ts';

interface Counts {
  articles: number;
  deadLettered: number;
}

/** What a run came to, and why its first item could not be used. */
interface Outcome {
  readonly counts: Counts;
  reason?: string;
}

/** A row or item, or what is wrong with it. */
type Taken = { readonly article: Article } | { readonly article: undefined; readonly fault: UnusableItem };

const usable = (article: Article): Taken => ({ article });
const unusable = (fault: UnusableItem): Taken => ({ article: undefined, fault });

const CHUNK = 512;

export function ingestCommand(): Command {
  return new Command('ingest')
    .description('Put articles into the log, to be processed by `barograph run`')
    .argument('<input...>', 'NDJSON or CSV file (.gz too), RSS or Atom file, or the URL of a feed')
    .option('--source <name>', 'source of articles that name none (default: the file or host)')
    .option('--data <dir>', 'data folder')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print the counts as JSON')
    .action(async (inputs: string[], options: { source?: string; data?: string; config?: string; json?: true }) => {
      const stop = terminationSignal();
      const storage = await openStorage(await placeOf(options));
      const outcome: Outcome = { counts: { articles: 0, deadLettered: 0 } };
      try {
        for (const input of inputs) await append(storage.log, input, taken(input, options.source, stop), outcome);
      } finally {
        await storage.close();
      }
      if (outcome.counts.articles === 0 && outcome.reason !== undefined) throw noArticle(inputs, outcome.reason);
      createOutput(options.json === true).result(
        outcome.counts,
        (c) => `${c.articles} articles appended, ${c.deadLettered} dead-lettered.`,
      );
    });
}

async function* taken(input: string, source: string | undefined, stop: AbortSignal): AsyncIterable<Taken> {
  const named = source === undefined ? {} : { source };
  if (/^https?:\/\//i.test(input)) return yield* fromUrl(input, source ?? new URL(input).hostname, stop);
  if ((await detectFormat(input)) === 'feed') return yield* fromFeedFile(input, source ?? basename(input), stop);
  for await (const record of readArticleFile(input, { ...named, replay: false, clock: systemClock })) {
    yield record.article === undefined
      ? unusable({ code: 'E_RECORD_INVALID', reason: record.fault, payload: record.payload })
      : usable(record.article);
  }
}

async function* fromUrl(url: string, name: string, stop: AbortSignal): AsyncIterable<Taken> {
  const settings: FeedSettings = {
    name,
    url,
    intervalMs: 60_000,
    timeoutMs: 30_000,
    maxBytes: 20_000_000,
    maxRedirects: 5,
    allowPrivate: true,
    language: '',
    userAgent: 'Barograph/0.1 (feed reader)',
  };
  const fetcher = httpFetcher();
  try {
    const result = await pollFeed(settings, NEW_FEED, { fetcher, clock: systemClock, random: Math.random }, stop);
    if (result.error !== undefined) throw result.error;
    yield* result.articles.map(usable);
    yield* result.unusable.map(unusable);
  } finally {
    await fetcher.close();
  }
}

async function* fromFeedFile(path: string, name: string, stop: AbortSignal): AsyncIterable<Taken> {
  const context = { source: name, feedUrl: '', appendedAt: systemClock.now(), language: '' };
  const items = await parseFeed(await readFile(path), context, stop).catch((cause: unknown) => {
    throw cause instanceof BarographError ? new BarographError(cause.code, `${path}: ${cause.message}`, { cause }) : cause;
  });
  yield* items.articles.map(usable);
  yield* items.unusable.map(unusable);
}

async function append(log: EventLog, input: string, items: AsyncIterable<Taken>, outcome: Outcome): Promise<void> {
  const { counts } = outcome;
  const progress = createProgress();
  let chunk: Article[] = [];
  const flush = async (): Promise<void> => {
    await log.append(
      'news.raw',
      chunk.map((article) => ({ key: article.id, value: encodeRaw({ type: 'article', article }) })),
    );
    counts.articles += chunk.length;
    chunk = [];
    progress.show(`${counts.articles} articles`);
  };
  let position = 0;
  for await (const item of items) {
    position += 1;
    if (item.article === undefined) {
      const { code, reason, payload } = item.fault;
      const error = new BarographError(code, reason);
      await keepRejected(log, systemClock, [{ stage: 'ingest', origin: `${input}:${position}`, payload, requeueTo: '', error }]);
      counts.deadLettered += 1;
      outcome.reason ??= reason;
    } else {
      chunk.push(item.article);
      if (chunk.length >= CHUNK) await flush();
    }
  }
  await flush();
  progress.end();
}
