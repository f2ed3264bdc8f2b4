import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Doc } from '../../../src/domain/doc.ts';
import { dropExpired, isExpired } from '../../../src/store/elasticsearch/retention.ts';
import { ElasticsearchTrendStore } from '../../../src/store/elasticsearch/trend-store.ts';
import { testServers } from '../../servers.ts';
import { elasticsearchPlace } from './place.ts';

const { servers, skip } = testServers();

const rollup = (start: number): Doc => {
  const counts = { articles: 1, stories: 1, negative: 1, neutral: 0, positive: 0, toneUnits: -1 };
  const body = { series: 'market' as const, start, widthMs: 300_000, fragment: '', ...counts };
  return { kind: 'rollup', id: `market@${start}+300000`, version: 1, body };
};

describe('retention', { skip }, () => {
  if (servers === undefined) return;
  const { options, client, make, remove } = elasticsearchPlace(servers);
  after(remove);

  it('drops a month once its last day is too old, and nothing before', async () => {
    await make();
    assert.deepEqual(await dropExpired(client, options, Date.UTC(2026, 0, 1)), []);
    const store = new ElasticsearchTrendStore(options);
    const old = [rollup(Date.UTC(2025, 10, 1)), rollup(Date.UTC(2025, 10, 30, 23, 55))];
    const kept = rollup(Date.UTC(2025, 11, 1));
    await store.write([...old, kept]);
    assert.deepEqual(await dropExpired(client, options, Date.UTC(2025, 11, 1) - 1), []);
    assert.deepEqual(await dropExpired(client, options, Date.UTC(2025, 11, 1)), [`${options.prefix}rollups-2025.11`]);
    assert.deepEqual([await store.count('rollup'), await store.get('rollup', kept.id)], [1, kept]);
    const before = Date.UTC(2025, 11, 1);
    assert.deepEqual(
      [...old, kept].map((doc) => [isExpired(doc, before), isExpired(doc, before - 1)]),
      [
        [true, false],
        [true, false],
        [false, false],
      ],
    );
    await store.close();
  });
});
