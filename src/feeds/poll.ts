import type { Article, Instant } from '../domain/article.ts';
import type { Clock } from '../domain/clock.ts';
import { BarographError } from '../domain/errors.ts';
import { articlesOf, type ItemContext } from './item-to-article.ts';
import { malformed } from './mend-xml.ts';
import type { FeedFetcher, FeedSettings, FeedState, FetchResult, PollResult, UnusableItem } from './port.ts';
import { readFeed } from './read-feed.ts';
import { nextAttempt, nextPoll, retryAfterMs } from './schedule.ts';

export interface PollTools {
  readonly fetcher: FeedFetcher;
  readonly clock: Clock;
  /** 0 to 1, as `Math.random`. */
  readonly random: () => number;
}

/** Items that left the feed are remembered for a while: feeds take them up again, and servers give old copies. */
const MIN_SEEN = 1000;

/**
 * Asks a feed once. A feed's failure is a result and never a rejection, so that it stops no other; only aborting rejects, with
 * the signal's reason, and then nothing happened. Append the articles and dead letters first, store the state after.
 */
export async function pollFeed(
  settings: FeedSettings,
  state: FeedState,
  tools: PollTools,
  signal: AbortSignal,
): Promise<PollResult> {
  signal.throwIfAborted();
  try {
    const fetched = await tools.fetcher.fetch(settings, state, signal);
    return await succeed(settings, state, tools, fetched, signal);
  } catch (error) {
    signal.throwIfAborted();
    // Whatever a feed's content brings about in us concerns this feed only; the cause tells a bug from a bad feed.
    return fail(
      settings,
      state,
      tools,
      error instanceof BarographError ? error : malformed('reading it failed unexpectedly', error),
    );
  }
}

async function succeed(
  settings: FeedSettings,
  state: FeedState,
  tools: PollTools,
  fetched: FetchResult,
  signal: AbortSignal,
): Promise<PollResult> {
  const now = tools.clock.now();
  const base = {
    ...state,
    nextAt: nextPoll(now, settings.intervalMs, tools.random),
    failures: 0,
    lastPollAt: now,
    lastSuccessAt: now,
    lastError: null,
  };
  if (fetched.kind === 'unchanged') {
    const totals = { ...state.totals, polls: state.totals.polls + 1 };
    return { outcome: 'unchanged', articles: [], unusable: [], state: { ...base, totals }, error: undefined };
  }
  const document = await readFeed(fetched.bytes, fetched.contentType, signal);
  const context: ItemContext = { source: settings.name, feedUrl: fetched.url, appendedAt: now, language: settings.language };
  const read = await articlesOf(document, context, new Set(state.seen));
  const totals = {
    polls: state.totals.polls + 1,
    failures: state.totals.failures,
    articles: state.totals.articles + read.articles.length,
    unusable: state.totals.unusable + read.unusable.length,
  };
  return {
    outcome: read.articles.length + read.unusable.length > 0 ? 'delivered' : 'unchanged',
    articles: oldestFirst(read.articles),
    unusable: read.unusable,
    state: { ...base, etag: fetched.etag, lastModified: fetched.lastModified, seen: remember(state.seen, read.ids), totals },
    error: undefined,
  };
}

/** Feeds list the newest first; what is appended should arrive in the order in which it happened. */
function oldestFirst(articles: readonly Article[]): Article[] {
  return articles.toReversed().sort((a, b) => a.publishedAt - b.publishedAt);
}

/** Everything that the feed has now, and of what it had before as much as the bound leaves room for. */
function remember(seen: readonly string[], present: readonly string[]): string[] {
  const now = new Set(present);
  const past = seen.filter((id) => !now.has(id));
  const room = Math.max(MIN_SEEN, now.size);
  return [...past.slice(-room), ...now];
}

function fail(settings: FeedSettings, state: FeedState, tools: PollTools, error: BarographError): PollResult {
  const now = tools.clock.now();
  const failures = state.failures + 1;
  const asked = typeof error.facts.retryAfter === 'string' ? retryAfterMs(error.facts.retryAfter, now) : 0;
  return {
    outcome: 'failed',
    articles: [],
    unusable: [],
    error,
    state: {
      ...state,
      nextAt: nextAttempt(now, settings.intervalMs, failures, asked, tools.random),
      failures,
      lastPollAt: now,
      lastError: { code: error.code, message: error.message, at: now },
      totals: { ...state.totals, polls: state.totals.polls + 1, failures: state.totals.failures + 1 },
    },
  };
}

/** The articles of a feed that is at hand as a file; as a poll of it would give them. Rejects with `E_FEED_MALFORMED`. */
export async function parseFeed(
  bytes: Uint8Array,
  context: {
    readonly source: string;
    readonly feedUrl: string;
    readonly appendedAt: Instant;
    readonly language: string;
    readonly contentType?: string;
  },
  signal: AbortSignal,
): Promise<{ readonly articles: readonly Article[]; readonly unusable: readonly UnusableItem[] }> {
  const document = await readFeed(bytes, context.contentType ?? '', signal);
  const { articles, unusable } = await articlesOf(document, context, new Set());
  return { articles: oldestFirst(articles), unusable };
}
