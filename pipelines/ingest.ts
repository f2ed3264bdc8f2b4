import { concatMap, defer, EMPTY, expand, from, fromEvent, lastValueFrom, merge, type Observable, takeUntil, timer } from 'rxjs';
import type { Clock } from '../src/domain/clock.ts';
import { BarographError } from '../src/domain/errors.ts';
import { encodeRaw } from '../src/domain/wire.ts';
import { pollFeed } from '../src/feeds/poll.ts';
import { type FeedFetcher, type FeedSettings, type FeedState, NEW_FEED, type PollResult } from '../src/feeds/port.ts';
import type { EventLog } from '../src/log/port.ts';
import { errorFields, type Logger } from '../src/ops/logger.ts';
import type { PipelineMeter } from '../src/ops/metrics.ts';
import type { StateStore } from '../src/store/state-port.ts';
import { keepRejected } from './dead-letter.ts';
import type { Pipeline } from './pipeline.ts';

export interface IngestDeps {
  readonly log: EventLog;
  readonly states: StateStore;
  readonly feeds: readonly FeedSettings[];
  readonly fetcher: FeedFetcher;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly meter: PipelineMeter;
}

/** Feeds → news.raw. Each feed is polled at its own pace; what fails in one is that one's affair. */
export function ingestPipeline(deps: IngestDeps): Pipeline {
  return {
    name: 'ingest',
    meter: deps.meter,
    run: (stop) =>
      lastValueFrom(merge(...deps.feeds.map((feed) => polls(deps, feed, stop)), until(stop)), { defaultValue: undefined }).then(
        () => undefined,
      ),
  };
}

/** One feed, poll after poll: each starts when the state that the one before left says so. */
function polls(deps: IngestDeps, feed: FeedSettings, stop: AbortSignal): Observable<FeedState> {
  return defer(() => remembered(deps, feed)).pipe(
    expand((state) =>
      stop.aborted
        ? EMPTY
        : timer(Math.max(0, state.nextAt - deps.clock.now())).pipe(
            takeUntil(fromEvent(stop, 'abort')),
            concatMap(() => poll(deps, feed, state, stop)),
          ),
    ),
  );
}

async function remembered(deps: IngestDeps, feed: FeedSettings): Promise<FeedState> {
  const record = await deps.states.get(`feed/${feed.name}`);
  return record === undefined ? NEW_FEED : { ...NEW_FEED, ...(JSON.parse(record.value) as Partial<FeedState>) };
}

/** What the feed had goes into the log first; only then is remembered that it was delivered. */
async function poll(deps: IngestDeps, feed: FeedSettings, state: FeedState, stop: AbortSignal): Promise<FeedState> {
  const { log, states, clock, meter, logger } = deps;
  let result: PollResult;
  try {
    result = await pollFeed(feed, state, deps, stop);
  } catch (error) {
    if (stop.aborted) return state;
    throw error;
  }
  meter.received(result.articles.length + result.unusable.length);
  await log.append(
    'news.raw',
    result.articles.map((article) => ({ key: article.id, value: encodeRaw({ type: 'article', article }) })),
  );
  if (result.unusable.length > 0) {
    const rejected = result.unusable.map(({ code, reason, payload }) => ({
      stage: 'ingest',
      origin: feed.name,
      payload,
      requeueTo: '',
      error: new BarographError(code, reason),
    }));
    await keepRejected(log, clock, rejected);
  }
  await states.put(`feed/${feed.name}`, JSON.stringify(result.state));
  meter.sent(result.articles.length);
  meter.discarded(result.unusable.length);
  if (result.error !== undefined) {
    meter.error(result.error.code);
    logger.warn(
      { ...errorFields(result.error), feed: feed.name, failures: result.state.failures },
      'feed failed; it is asked again later',
    );
  } else if (result.articles.length > 0) {
    logger.info({ feed: feed.name, articles: result.articles.length }, 'feed delivered');
  }
  return result.state;
}

/** Keeps the stream open when there is no feed, so that the pipeline ends only when it is told to. */
function until(stop: AbortSignal): Observable<unknown> {
  return stop.aborted ? EMPTY : from(new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true })));
}
