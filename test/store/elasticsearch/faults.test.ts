import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Doc } from '../../../src/domain/doc.ts';
import type { ElasticsearchOptions } from '../../../src/store/elasticsearch/connection.ts';
import { ElasticsearchStateStore } from '../../../src/store/elasticsearch/state-store.ts';
import { ElasticsearchTrendStore } from '../../../src/store/elasticsearch/trend-store.ts';
import { DocumentsRejected } from '../../../src/store/trend-port.ts';
import { type SearchFault, type SearchProxy, searchProxy } from '../../search-proxy.ts';
import { testServers } from '../../servers.ts';
import { elasticsearchPlace } from './place.ts';

const { servers, skip } = testServers();
const T0 = Date.UTC(2026, 0, 5, 12);

let made = 0;
/** New ones at each call. */
const rollups = (count: number, more: object = {}): Doc[] =>
  Array.from({ length: count }, (_, i) => {
    const series = `topic:${made++}` as const;
    const counts = { articles: 1, stories: 1, negative: 1, neutral: 0, positive: 0, toneUnits: -1 };
    const body = { series, start: T0, widthMs: 300_000, fragment: '', ...counts, ...more };
    return { kind: 'rollup', id: `${series}@${T0}+300000`, version: i, body };
  });

describe('Elasticsearch through a bad connection', { skip, timeout: 60_000 }, () => {
  if (servers === undefined) return;
  const { options: direct, make, remove } = elasticsearchPlace(servers);
  before(make);
  after(remove);

  async function through(t: TestContext, options: Partial<ElasticsearchOptions> = {}, tls = false) {
    const proxy = await searchProxy(servers?.elasticsearch.http ?? 0, tls ? servers?.certificates.server : undefined);
    const store = new ElasticsearchTrendStore({ ...direct, nodes: [proxy.url], ...options });
    t.after(async () => {
      await store.close();
      await proxy.close();
    });
    return { proxy, store };
  }

  /** The fault meets the first bulk requests. */
  const meet = (proxy: SearchProxy, times: number, fault: SearchFault): void => {
    let left = times;
    proxy.fault = ({ path }) => (path.includes('_bulk') && left-- > 0 ? fault : undefined);
  };

  const faults: readonly (readonly [string, SearchFault])[] = [
    ['answers 429', { kind: 'status', status: 429 }],
    ['answers 503', { kind: 'status', status: 503 }],
    ['breaks before the request is served', { kind: 'cut', late: false }],
    ['breaks after the request is served', { kind: 'cut', late: true }],
    ['has a full queue', { kind: 'full-queue' }],
  ];
  for (const [what, fault] of faults)
    it(`writes everything once, whoever ${what}`, async (t) => {
      const { proxy, store } = await through(t);
      const docs = rollups(20);
      meet(proxy, 3, fault);
      await store.write(docs);
      for (const doc of docs) assert.deepEqual(await store.get('rollup', doc.id), doc);
      assert.ok(proxy.seen.filter((request) => request.includes('_bulk')).length >= 4);
    });

  it('sends again only what was refused', async (t) => {
    const { proxy, store } = await through(t);
    meet(proxy, 1, { kind: 'full-queue' });
    const sizes: number[] = [];
    const { fault } = proxy;
    proxy.fault = (request) => {
      if (request.path.includes('_bulk')) sizes.push(Number(request.headers['content-length']));
      return fault(request);
    };
    await store.write(rollups(40));
    assert.equal(sizes.length, 2);
    assert.ok((sizes[1] ?? 0) < 0.6 * (sizes[0] ?? 0), `${sizes}`);
  });

  it('names what it will never take, and writes the rest', async (t) => {
    const { store } = await through(t);
    const [good, bad] = [...rollups(1), ...rollups(1, { unknown: 1 })] as [Doc, Doc];
    await assert.rejects(store.write([bad, good]), (error: unknown) => {
      assert.ok(error instanceof DocumentsRejected);
      assert.deepEqual(
        error.rejected.map(({ doc }) => doc.id),
        [bad.id],
      );
      assert.match(
        error.message,
        /^The store does not take a document: rollup topic:\d+@\d+\+300000: strict_dynamic_mapping_exception: /,
      );
      return true;
    });
    assert.deepEqual(await store.get('rollup', good.id), good);
  });

  it('sends its API key, or its user, over TLS that its own authority vouches for', async (t) => {
    const key = await through(t, { ca: servers.certificates.authority, auth: { apiKey: 'a2V5' } }, true);
    const authorization: (string | undefined)[] = [];
    key.proxy.fault = ({ headers }) => void authorization.push(headers.authorization);
    assert.equal((await key.store.latest()) >= -1, true);
    const user = await through(t, { ca: servers.certificates.authority, auth: { username: 'me', password: 'pw' } }, true);
    user.proxy.fault = ({ headers }) => void authorization.push(headers.authorization);
    await user.store.latest();
    assert.deepEqual(new Set(authorization), new Set(['ApiKey a2V5', `Basic ${btoa('me:pw')}`]));
  });

  it('does not trust a server that nobody vouches for', async (t) => {
    const { store } = await through(t, {}, true);
    await assert.rejects(store.latest(), { code: 'E_STORE_UNAVAILABLE', message: /certificate/ });
  });

  it('stops at a refused login, and says so', async (t) => {
    const { proxy, store } = await through(t);
    proxy.fault = () => ({ kind: 'status', status: 401 });
    await assert.rejects(store.write(rollups(1)), { code: 'E_STORE_REFUSED', message: /refused the login/ });
    assert.equal(proxy.seen.length, 1);
  });

  it('keeps compare-and-set whole when an answer is lost: at most one has the lease', async (t) => {
    const { proxy } = await through(t);
    const states = ['a', 'b'].map(() => new ElasticsearchStateStore({ ...direct, nodes: [proxy.url] }));
    t.after(() => Promise.all(states.map((store) => store.close())));
    let left = 2;
    proxy.fault = ({ path }) =>
      path.includes('_create') || path.includes('/_doc/') ? (left-- > 0 ? { kind: 'cut', late: true } : undefined) : undefined;
    const taken = await Promise.all(states.map((store, i) => store.put('lease', `${i}`, { expect: 'absent' })));
    assert.ok(taken.filter((revision) => revision !== undefined).length <= 1);
  });
});
