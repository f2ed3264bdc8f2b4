import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type IngestDeps, ingestPipeline } from '../../pipelines/ingest.ts';
import { supervise } from '../../pipelines/pipeline.ts';
import { BarographError } from '../../src/domain/errors.ts';
import { decodeDeadLetter, decodeRaw } from '../../src/domain/wire.ts';
import type { FeedFetcher, FeedSettings, FeedState, FetchResult } from '../../src/feeds/port.ts';
import { MemoryLog } from '../../src/log/memory.ts';
import type { EventLog, NewRecord, Topic } from '../../src/log/port.ts';
import type { StateStore } from '../../src/store/state-port.ts';
import { eventually } from '../eventually.ts';
import { memorySystem, quiet, runUntil, valuesOf } from './memory-system.ts';

function feed(name: string): FeedSettings {
  return {
    name,
    url: `https://${name}.example/feed`,
    intervalMs: 300_000,
    timeoutMs: 10_000,
    maxBytes: 1_000_000,
    maxRedirects: 3,
    allowPrivate: false,
    language: 'en',
    userAgent: 'test',
  };
}

function rss(...titles: readonly string[]): FetchResult {
  const items = titles.map((title, index) => `<item><title>${title}</title><guid>g${index}</guid></item>`);
  const text = `<rss version="2.0"><channel><title>T</title>${items.join('')}</channel></rss>`;
  const bytes = new TextEncoder().encode(text);
  return {
    kind: 'body',
    bytes,
    contentType: 'application/rss+xml',
    url: 'https://x.example/feed',
    etag: '"1"',
    lastModified: '',
  };
}

function fetcher(answer: (name: string) => FetchResult): FeedFetcher {
  return { fetch: async ({ name }) => answer(name), close: async () => undefined };
}

function depsWith(changes: Partial<IngestDeps>): IngestDeps {
  return {
    ...memorySystem('ingest'),
    feeds: [feed('one')],
    fetcher: fetcher(() => rss()),
    random: () => 0.5,
    logger: quiet,
    ...changes,
  };
}

async function stateOf(states: StateStore, name: string): Promise<FeedState | undefined> {
  const record = await states.get(`feed/${name}`);
  return record === undefined ? undefined : JSON.parse(record.value);
}

async function titles(log: EventLog): Promise<string[]> {
  return (await valuesOf(log, 'news.raw')).map((value) => {
    const record = decodeRaw(value);
    return record.type === 'article' ? `${record.article.source}: ${record.article.title}` : record.type;
  });
}

const polled =
  ({ states, feeds }: IngestDeps): (() => Promise<boolean>) =>
  async () =>
    (await Promise.all(feeds.map(({ name }) => stateOf(states, name)))).every((state) => state !== undefined);

describe('ingest', () => {
  it('brings the articles of one feed in while another fails, and remembers why', async () => {
    const answer = (name: string): FetchResult => {
      if (name === 'bad') throw new BarographError('E_FEED_UNREACHABLE', 'bad.example does not answer.');
      return rss('Profit falls', 'Profit rises');
    };
    const deps = depsWith({ feeds: [feed('bad'), feed('good')], fetcher: fetcher(answer) });
    await runUntil(ingestPipeline(deps), polled(deps));
    assert.deepEqual((await titles(deps.log)).sort(), ['good: Profit falls', 'good: Profit rises']);
    const bad = await stateOf(deps.states, 'bad');
    assert.deepEqual([bad?.failures, bad?.lastError?.code], [1, 'E_FEED_UNREACHABLE']);
    assert.equal((await stateOf(deps.states, 'good'))?.failures, 0);
    assert.deepEqual(deps.meter.counts, { received: 2, sent: 2, discarded: 0, errors: 1 });
  });

  it('keeps an item without a text in the dead-letter log, with its code and reason', async () => {
    const deps = depsWith({ fetcher: fetcher(() => rss('', 'Profit rises')) });
    await runUntil(ingestPipeline(deps), polled(deps));
    assert.deepEqual(await titles(deps.log), ['one: Profit rises']);
    const [letter] = (await valuesOf(deps.log, 'dead-letter')).map(decodeDeadLetter);
    assert.deepEqual([letter?.stage, letter?.origin, letter?.code], ['ingest', 'one', 'E_RECORD_INVALID']);
    assert.notEqual(letter?.reason, '');
  });

  it('asks a feed again when its time has come, and delivers only what is new', async () => {
    let now = Date.UTC(2026, 0, 5);
    let polls = 0;
    const answer = (): FetchResult => {
      polls += 1;
      return polls === 1 ? rss('Old') : rss('Old', 'New');
    };
    const deps = depsWith({ fetcher: fetcher(answer), clock: { now: () => (now += 600_000) } }); // the next poll is due at once
    await runUntil(ingestPipeline(deps), () => polls >= 3);
    assert.deepEqual(await titles(deps.log), ['one: Old', 'one: New']);
  });

  it('does not deliver again after a restart what it delivered before', async () => {
    const deps = depsWith({ fetcher: fetcher(() => rss('Old')) });
    await runUntil(ingestPipeline(deps), polled(deps));
    const later = { ...deps, clock: { now: () => deps.clock.now() + 3_600_000 } };
    await runUntil(ingestPipeline(later), async () => ((await stateOf(deps.states, 'one'))?.totals.polls ?? 0) >= 2);
    assert.deepEqual(await titles(deps.log), ['one: Old']);
  });

  it('asks again when the log did not take the articles', async () => {
    class FailingLog extends MemoryLog {
      failures = 1;
      override async append(topic: Topic, records: readonly NewRecord[]): Promise<void> {
        if (this.failures-- > 0) throw new BarographError('E_LOG_UNAVAILABLE', 'The log is away.');
        return super.append(topic, records);
      }
    }
    const deps = depsWith({ fetcher: fetcher(() => rss('Profit falls')), log: new FailingLog() });
    const stop = new AbortController();
    const running = supervise(ingestPipeline(deps), quiet, stop.signal);
    await eventually(polled(deps));
    stop.abort();
    await running;
    assert.deepEqual(await titles(deps.log), ['one: Profit falls']);
  });

  it('ends when it is stopped, without feeds too', async () => {
    await runUntil(ingestPipeline(depsWith({ feeds: [] })), () => true);
  });
});
