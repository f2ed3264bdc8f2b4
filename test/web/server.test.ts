import assert from 'node:assert/strict';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Doc } from '../../src/domain/doc.ts';
import { BarographError } from '../../src/domain/errors.ts';
import { DEFAULT_LEDGER_SETTINGS } from '../../src/domain/settings.ts';
import { latestDocs } from '../../src/ledger/effects.ts';
import { Ledger } from '../../src/ledger/fold.ts';
import { emptyState } from '../../src/ledger/state.ts';
import { createLogger } from '../../src/ops/logger.ts';
import { MemoryStateStore } from '../../src/store/memory-state.ts';
import { MemoryTrendStore } from '../../src/store/memory-trends.ts';
import type { Overview, SeriesAnswer, Status, StoriesAnswer } from '../../src/web/contract.ts';
import { startWeb, type Web } from '../../src/web/server/server.ts';
import { eventually } from '../eventually.ts';
import { MINUTE, NEGATIVE, scored, T0, tick } from '../ledger/scored.ts';
import { listen } from './server-events.ts';

/** The documents that the fold makes of a few stories. */
function docsOf(titles: readonly string[], from = 0): readonly Doc[] {
  const ledger = new Ledger(emptyState(DEFAULT_LEDGER_SETTINGS));
  const records = titles.map((title, index) =>
    scored({ id: `a${from + index}`, title, at: T0 + index * MINUTE, sentiment: NEGATIVE, symbols: ['WMT'] }),
  );
  return latestDocs(
    [tick(T0), ...records]
      .flatMap((record, index) => ledger.apply(record, index))
      .map((doc) => ({ ...doc, version: doc.version + from })),
  );
}

describe('the web server', { timeout: 60_000 }, () => {
  let trends: MemoryTrendStore;
  let states: MemoryStateStore;
  let web: Web;
  let ready = true;
  let stop: AbortController;

  const open = (port = 0): Promise<Web> => {
    const rest = { logger: createLogger('silent'), isReady: () => ready, metrics: async () => 'x_total 1\n' };
    return startWeb({ trends, states, host: '127.0.0.1', port, ...rest });
  };
  const get = async <T>(path: string): Promise<T> => (await (await fetch(`${web.url}${path}`)).json()) as T;

  beforeEach(async () => {
    ready = true;
    stop = new AbortController();
    trends = new MemoryTrendStore();
    states = new MemoryStateStore();
    web = await open();
  });
  afterEach(async () => {
    stop.abort();
    await web.close();
  });

  it('answers with stories, series and overview of what is stored', async () => {
    await trends.write(docsOf(['Walmart warns of falling profit', 'Shares of the retailer plunge after its outlook']));
    const stories = await get<StoriesAnswer>('/api/stories?series=entity:WMT&limit=1');
    assert.deepEqual(
      stories.map(({ title }) => title),
      ['Shares of the retailer plunge after its outlook'],
    );
    const series = await get<SeriesAnswer>('/api/series?key=entity:WMT&hours=24');
    assert.equal(
      series.points.reduce((sum, { negative }) => sum + negative, 0),
      2,
    );
    assert.ok(series.from < T0 && series.to > T0 && series.points.every(({ start }) => start % series.widthMs === 0));
    assert.equal((await get<Overview>('/api/overview')).now, T0 + MINUTE);
    assert.deepEqual(await get('/api/series/names'), [
      { series: 'entity:WMT', name: 'WMT', articles: 2 },
      { series: 'market', name: 'Market', articles: 2 },
      { series: 'topic:Markets', name: 'Markets', articles: 2 },
    ]);
  });

  it('says in words what is wrong with a query', async () => {
    for (const [path, pattern] of [
      ['/api/series?key=nonsense', /key: expected market/],
      ['/api/series?key=market&hours=0', /hours/],
      ['/api/stories?limit=100000', /limit/],
      ['/api/alerts?status=closed', /status/],
    ] as const) {
      const response = await fetch(`${web.url}${path}`);
      assert.equal(response.status, 400, path);
      assert.match(await response.text(), pattern);
    }
    assert.equal((await fetch(`${web.url}/api/nothing`)).status, 404);
  });

  it('puts together what processes and feeds tell of themselves, and leaves out what it cannot read', async () => {
    const pipeline = { name: 'classify', received: 5, sent: 4, discarded: 1, errors: 0, lag: 7 };
    const status = { mode: 'live', version: '1', bundle: 'b@1', now: T0, pipelines: [pipeline] };
    await states.put('status/1', JSON.stringify(status));
    await states.put('status/2', JSON.stringify({ ...status, now: T0 + 1 }));
    await states.put('status/3', 'not json');
    await states.put('feed/ecb', JSON.stringify({ nextAt: 9, failures: 2, lastPollAt: 3, lastError: { message: 'gone' } }));
    const { now, pipelines, feeds } = await get<Status>('/api/status');
    assert.equal(now, T0 + 1);
    assert.deepEqual(pipelines, [{ ...pipeline, received: 10, sent: 8, discarded: 2 }]);
    assert.deepEqual(feeds, [{ name: 'ecb', state: 'failing', polledAt: 3, nextAt: 9, failures: 2, error: 'gone' }]);
  });

  it('tells listeners of stories as they are stored, with the log offset as cursor', async () => {
    const events = listen(web.url, { signal: stop.signal });
    const seen: Record<string, string>[] = [];
    const reading = (async () => {
      for await (const event of events) seen.push(event);
    })().catch(() => undefined);
    await eventually(() => seen.some(({ event }) => event === 'status'));
    await trends.write(docsOf(['Bank fined for money laundering']));
    await eventually(() => seen.some(({ event }) => event === 'story'));
    const story = seen.find(({ event }) => event === 'story');
    assert.equal(story?.id, '1');
    assert.equal(JSON.parse(story?.data ?? '{}').title, 'Bank fined for money laundering');
    stop.abort();
    await reading;
  });

  it('announces a gap to a listener that comes back after missing news, and when too much happens at once', async () => {
    await trends.write(docsOf(['Something happened meanwhile']));
    const seen: Record<string, string>[] = [];
    const reading = (async () => {
      for await (const event of listen(web.url, { headers: { 'last-event-id': '0' }, signal: stop.signal })) seen.push(event);
    })().catch(() => undefined);
    const gaps = (): number => seen.filter(({ event }) => event === 'gap').length;
    await eventually(() => gaps() === 1);
    await trends.write(
      docsOf(
        Array.from({ length: 450 }, (_, index) => `Headline about matter number ${index} of ${index * 7}`),
        10,
      ),
    );
    await eventually(() => gaps() === 2);
    assert.equal(seen.filter(({ event }) => event === 'story').length, 0);
    stop.abort();
    await reading;
  });

  it('is ready when the pipelines run, alive in any case, and gives metrics', async () => {
    ready = false;
    assert.equal((await fetch(`${web.url}/readyz`)).status, 503);
    assert.equal((await fetch(`${web.url}/healthz`)).status, 200);
    ready = true;
    assert.equal((await fetch(`${web.url}/readyz`)).status, 200);
    assert.equal(await (await fetch(`${web.url}/metrics`)).text(), 'x_total 1\n');
  });

  it('refuses a name that is not its own (DNS rebinding) and lets no other page in', async () => {
    const { port } = new URL(web.url);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path: '/api/status', headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on('error', reject).end();
    });
    assert.equal(status, 421);
    const { headers } = await fetch(`${web.url}/api/status`);
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'self'.*frame-ancestors 'none'/);
    assert.equal(headers.get('access-control-allow-origin'), null);
  });

  it('names the port that is taken, and what to do', async () => {
    await assert.rejects(open(Number(new URL(web.url).port)), { code: 'E_PORT_IN_USE', message: /is taken by another program/ });
  });

  it('says that the store cannot be read, and does not leave a listener waiting', async () => {
    trends.latest = () => Promise.reject(new BarographError('E_STORE_UNAVAILABLE', 'The store is away.'));
    const answer = await fetch(`${web.url}/api/events`);
    assert.equal(answer.status, 503);
    assert.match(await answer.text(), /E_STORE_UNAVAILABLE/);
  });

  it('ends open event streams when it closes', async () => {
    const events = listen(web.url, { signal: stop.signal });
    await events.next();
    await web.close();
    for await (const _ of events);
  });
});
