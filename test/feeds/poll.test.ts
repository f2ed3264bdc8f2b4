import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { httpFetcher } from '../../src/feeds/fetch-feed.ts';
import { pollFeed } from '../../src/feeds/poll.ts';
import { type FeedSettings, type FeedState, NEW_FEED, type PollResult } from '../../src/feeds/port.ts';

const NOW = Date.UTC(2026, 10, 24, 16);
const never = new AbortController().signal;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

interface World {
  readonly origin: string;
  readonly requests: IncomingMessage[];
  /** Polls the path; `state` is what the last poll left. */
  poll(path: string, settings?: Partial<FeedSettings>, signal?: AbortSignal): Promise<PollResult>;
  state: FeedState;
  now: number;
}

async function world(t: TestContext, handler: Handler): Promise<World> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const fetcher = httpFetcher();
  t.after(async () => {
    await fetcher.close();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // a listening TCP server has one
  const self: World = {
    origin: `http://127.0.0.1:${port}`,
    requests,
    state: NEW_FEED,
    now: NOW,
    async poll(path, settings = {}, signal = never) {
      const result = await pollFeed(
        {
          name: 'wire',
          url: `http://127.0.0.1:${port}${path}`,
          intervalMs: 300_000,
          timeoutMs: 10_000,
          maxBytes: 1_000_000,
          maxRedirects: 3,
          allowPrivate: true,
          language: 'en',
          userAgent: 'test/1',
          ...settings,
        },
        self.state,
        { fetcher, clock: { now: () => self.now }, random: () => 0.5 },
        signal,
      );
      self.state = JSON.parse(JSON.stringify(result.state));
      return result;
    },
  };
  return self;
}

const rss = (...titles: string[]): string =>
  `<rss version="2.0"><channel>${titles.map((title) => `<item><title>${title}</title><link>http://e.com/${title}</link></item>`).join('')}</channel></rss>`;
const titles = (result: PollResult): string[] => result.articles.map(({ title }) => title).sort();

test('delivers what is new, once, and asks with the validators of what it delivered', async (t) => {
  let items = ['a', 'b'];
  const w = await world(t, (request, response) => {
    const etag = `"${items.join('')}"`;
    if (request.headers['if-none-match'] === etag) return response.writeHead(304).end();
    response
      .writeHead(200, { etag, 'last-modified': 'Tue, 24 Nov 2026 10:00:00 GMT', 'content-type': 'application/rss+xml' })
      .end(rss(...items));
  });
  const first = await w.poll('/feed');
  assert.deepEqual([first.outcome, titles(first), first.error], ['delivered', ['a', 'b'], undefined]);
  assert.equal(first.articles[0]?.appendedAt, NOW);
  assert.equal(first.articles[0]?.language, 'en');
  const second = await w.poll('/feed');
  assert.deepEqual([second.outcome, titles(second)], ['unchanged', []]);
  assert.equal(w.requests[1]?.headers['if-modified-since'], 'Tue, 24 Nov 2026 10:00:00 GMT');
  assert.equal(w.requests[1]?.headers['user-agent'], 'test/1');
  items = ['c', 'b'];
  assert.deepEqual(titles(await w.poll('/feed')), ['c']);
  items = ['a', 'c', 'b'];
  assert.deepEqual(titles(await w.poll('/feed')), [], 'an item that comes back is not new');
  assert.deepEqual(w.state.totals, { polls: 4, failures: 0, articles: 3, unusable: 0 });
  assert.equal(w.state.lastSuccessAt, NOW);
});

test('delivers again what the caller could not store: the state given is the state used', async (t) => {
  const w = await world(t, (_request, response) => response.end(rss('a')));
  await w.poll('/feed');
  w.state = NEW_FEED;
  assert.deepEqual(titles(await w.poll('/feed')), ['a']);
});

test('bounds what it remembers, but never below what the feed has', async (t) => {
  let from = 0;
  const w = await world(t, (_request, response) => response.end(rss(...Array.from({ length: 1500 }, (_, n) => `i${from + n}`))));
  for (from = 0; from < 6000; from += 1500) assert.equal((await w.poll('/feed')).articles.length, 1500);
  assert.ok(w.state.seen.length <= 3000, String(w.state.seen.length));
  from -= 1500;
  assert.equal((await w.poll('/feed')).articles.length, 0);
});

test('reports an unusable item once', async (t) => {
  const w = await world(t, (_request, response) =>
    response.end('<rss version="2.0"><channel><item><link>http://e.com/1</link></item></channel></rss>'),
  );
  const first = await w.poll('/feed');
  assert.deepEqual([first.outcome, first.unusable.length], ['delivered', 1]);
  assert.deepEqual([(await w.poll('/feed')).unusable.length, w.state.totals.unusable], [0, 1]);
});

test('spreads polls over a tenth of the interval around it', async (t) => {
  const w = await world(t, (_request, response) => response.end(rss('a')));
  assert.equal((await w.poll('/feed')).state.nextAt, NOW + 300_000);
});

test('backs off while a feed fails, keeps what it remembers, and recovers', async (t) => {
  let status = 500;
  const w = await world(t, (_request, response) => response.writeHead(status, { etag: '"x"' }).end(rss('a')));
  const waits: number[] = [];
  for (let n = 0; n < 6; n++) {
    const result = await w.poll('/feed');
    assert.deepEqual([result.outcome, result.error?.code, result.state.etag], ['failed', 'E_FEED_STATUS', '']);
    waits.push((result.state.nextAt - NOW) / 60_000);
  }
  assert.deepEqual(waits, [10, 20, 40, 60, 60, 60]);
  assert.deepEqual([w.state.failures, w.state.lastError?.code, w.state.lastSuccessAt], [6, 'E_FEED_STATUS', null]);
  status = 200;
  assert.deepEqual(titles(await w.poll('/feed')), ['a']);
  assert.deepEqual([w.state.failures, w.state.lastError], [0, null]);
});

test('waits as long as the server asks, in seconds or until a date, and not for ever', async (t) => {
  let retryAfter = '7200';
  const w = await world(t, (_request, response) => response.writeHead(429, { 'retry-after': retryAfter }).end());
  assert.equal((await w.poll('/feed')).state.nextAt, NOW + 7_200_000);
  retryAfter = 'Tue, 24 Nov 2026 19:00:00 GMT';
  assert.equal((await w.poll('/feed')).state.nextAt, NOW + 3 * 3_600_000);
  retryAfter = '99999999';
  assert.equal((await w.poll('/feed')).state.nextAt, NOW + 24 * 3_600_000);
  retryAfter = 'later';
  assert.equal((await w.poll('/feed')).state.nextAt, NOW + 3_600_000);
});

test('follows redirects up to the limit and resolves links against where they end', async (t) => {
  const w = await world(t, (request, response) => {
    const hops = Number(/^\/r(\d)/.exec(request.url ?? '')?.[1] ?? -1);
    if (request.url === '/loop') return response.writeHead(302, { location: '/loop' }).end();
    if (request.url === '/js') return response.writeHead(302, { location: 'javascript:alert(1)' }).end();
    if (hops > 0) return response.writeHead(301, { location: `/r${hops - 1}/x` }).end('moved');
    response.end('<rss version="2.0"><channel><item><title>t</title><link>story</link></item></channel></rss>');
  });
  const ok = await w.poll('/r3');
  assert.equal(ok.articles[0]?.url, `${w.origin}/r0/story`);
  assert.equal((await w.poll('/r4')).error?.code, 'E_FEED_REDIRECTS');
  assert.equal((await w.poll('/loop')).error?.code, 'E_FEED_REDIRECTS');
  assert.equal((await w.poll('/js')).error?.code, 'E_FEED_REDIRECTS');
});

test('refuses private addresses: literal, by name, and behind a redirect', async (t) => {
  const w = await world(t, (_request, response) => response.end(rss('a')));
  const refused = await w.poll('/feed', { allowPrivate: false });
  assert.equal(refused.error?.code, 'E_FEED_FORBIDDEN');
  assert.match(refused.error?.message ?? '', /allow_private/);
  const byName = await w.poll('/feed', { allowPrivate: false, url: `${w.origin.replace('127.0.0.1', 'localhost')}/feed` });
  assert.equal(byName.error?.code, 'E_FEED_FORBIDDEN', byName.error?.message);
  for (const host of [
    '[::1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0x7f.1',
    '169.254.169.254',
    '10.0.0.1',
    '0.0.0.0',
    '[fe80::1]',
    '[fd00::1]',
  ]) {
    assert.equal((await w.poll('/', { allowPrivate: false, url: `http://${host}:1/` })).error?.code, 'E_FEED_FORBIDDEN', host);
  }
  assert.equal(w.requests.length, 0);
});

test('counts the size after decompression, and cuts a gzip bomb off at the limit', { timeout: 20_000 }, async (t) => {
  const bomb = gzipSync(Buffer.alloc(100_000_000, 0x20));
  assert.ok(bomb.length < 200_000);
  const w = await world(t, (request, response) => {
    if (request.url === '/plain') return response.end(Buffer.alloc(1_000_001, 0x20));
    if (request.url === '/fits') return response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(rss('a')));
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'text/xml' }).end(bomb);
  });
  const before = process.memoryUsage().rss;
  const result = await w.poll('/bomb');
  assert.equal(result.error?.code, 'E_FEED_TOO_LARGE');
  assert.ok(process.memoryUsage().rss - before < 60_000_000);
  assert.equal((await w.poll('/plain')).error?.code, 'E_FEED_TOO_LARGE');
  assert.deepEqual(titles(await w.poll('/fits')), ['a']);
});

test('refuses 100 MB of XML at the limit, without reading it all', { timeout: 20_000 }, async (t) => {
  let sent = 0;
  const w = await world(t, (_request, response) => {
    const chunk = Buffer.from('<item><title>x</title></item>'.repeat(2000));
    const write = (): void => {
      while (sent < 100_000_000 && !response.destroyed) {
        sent += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', write);
      }
      response.end();
    };
    write();
  });
  assert.equal((await w.poll('/feed')).error?.code, 'E_FEED_TOO_LARGE');
  assert.ok(sent < 20_000_000, `${sent} bytes were sent`);
});

test('gives up on a server that is late, with its headers or in the middle of the body', { timeout: 20_000 }, async (t) => {
  const w = await world(t, (request, response) => {
    if (request.url === '/body') response.write('<rss version="2.0"><channel>');
  });
  for (const path of ['/headers', '/body']) {
    const result = await w.poll(path, { timeoutMs: 200 });
    assert.equal(result.error?.code, 'E_FEED_UNREACHABLE', path);
    assert.match(result.error?.message ?? '', /within 0\.2 s/);
  }
});

test('reports a reset connection, a closed port, a body cut short and a web page as failures of this feed', async (t) => {
  const w = await world(t, (request, response) => {
    if (request.url === '/reset') return request.socket.resetAndDestroy();
    if (request.url === '/short') {
      response.writeHead(200, { 'content-length': '10000' }).write('<rss>');
      return setImmediate(() => request.socket.destroy());
    }
    response.writeHead(200, { 'content-type': 'text/html', etag: '"page"' }).end('<!doctype html><title>Sign in</title>');
  });
  assert.equal((await w.poll('/reset')).error?.code, 'E_FEED_UNREACHABLE');
  assert.equal((await w.poll('/short')).error?.code, 'E_FEED_UNREACHABLE');
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo; // a listening TCP server has one
  closed.close();
  await once(closed, 'close');
  const refused = await w.poll('/', { url: `http://127.0.0.1:${port}/` });
  assert.equal(refused.error?.code, 'E_FEED_UNREACHABLE');
  assert.match(refused.error?.message ?? '', /ECONNREFUSED/);
  assert.equal((await w.poll('/', { url: 'http://feed.invalid/' })).error?.code, 'E_FEED_UNREACHABLE');
  const page = await w.poll('/page');
  assert.deepEqual([page.error?.code, page.state.etag], ['E_FEED_MALFORMED', '']);
  assert.match(page.error?.message ?? '', /web page/);
});

test('rejects when it is aborted, and leaves the state as it was', async (t) => {
  const controller = new AbortController();
  const w = await world(t, () => controller.abort(new Error('shutting down')));
  await assert.rejects(w.poll('/feed', {}, controller.signal), /shutting down/);
  assert.equal(w.state, NEW_FEED);
});

test('sends the user and password of an address to its own server only', async (t) => {
  const other = await world(t, (_request, response) => response.end(rss('a')));
  const w = await world(t, (_request, response) => response.writeHead(302, { location: `${other.origin}/feed` }).end());
  assert.deepEqual(titles(await w.poll('/feed', { url: `${w.origin.replace('//', '//me:p%20w@')}/feed` })), ['a']);
  assert.equal(w.requests[0]?.headers.authorization, `Basic ${Buffer.from('me:p w').toString('base64')}`);
  assert.equal(other.requests[0]?.headers.authorization, undefined);
});

test('takes an error that nobody foresaw for a failure of this feed, with its cause', async () => {
  const bug = new TypeError('bug');
  const fetcher = { fetch: () => Promise.reject(bug), close: async () => undefined };
  const settings = {
    name: 'wire',
    url: 'http://e.com/',
    intervalMs: 300_000,
    timeoutMs: 1,
    maxBytes: 1,
    maxRedirects: 1,
    allowPrivate: false,
    language: '',
    userAgent: '',
  };
  const result = await pollFeed(settings, NEW_FEED, { fetcher, clock: { now: () => NOW }, random: () => 0.5 }, never);
  assert.deepEqual([result.outcome, result.error?.code, result.error?.cause], ['failed', 'E_FEED_MALFORMED', bug]);
});
