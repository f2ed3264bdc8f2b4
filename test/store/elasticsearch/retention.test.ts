import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, describe, it } from 'node:test';
import type { Doc } from '../../../src/domain/doc.ts';
import { openElasticsearch } from '../../../src/store/elasticsearch/connection.ts';
import { dropExpired } from '../../../src/store/elasticsearch/retention.ts';
import { putTemplates } from '../../../src/store/elasticsearch/setup.ts';
import { indexTemplates } from '../../../src/store/elasticsearch/templates.ts';
import { ElasticsearchTrendStore } from '../../../src/store/elasticsearch/trend-store.ts';
import { testServers } from '../../servers.ts';

const { servers, skip } = testServers();

const rollup = (start: number): Doc => {
  const counts = { articles: 1, stories: 1, negative: 1, neutral: 0, positive: 0, toneUnits: -1 };
  const body = { series: 'market' as const, start, widthMs: 300_000, fragment: '', ...counts };
  return { kind: 'rollup', id: `market@${start}+300000`, version: 1, body };
};

describe('retention', { skip }, () => {
  if (servers === undefined) return;
  const options = {
    nodes: [`http://127.0.0.1:${servers.elasticsearch.http}`],
    prefix: `retention-${randomUUID().slice(0, 8)}-`,
  };
  const client = openElasticsearch(options);
  const templates = indexTemplates(options, { shards: 1, replicas: 0 });
  after(async () => {
    const indices = Object.keys(await client.indices.get({ index: `${options.prefix}*` }));
    if (indices.length > 0) await client.indices.delete({ index: indices });
    for (const { name } of templates) await client.indices.deleteIndexTemplate({ name });
    await client.close();
  });

  it('drops a month once its last day is too old, and nothing before', async () => {
    await putTemplates(client, options, templates);
    assert.deepEqual(await dropExpired(client, options, Date.UTC(2026, 0, 1)), []);
    const store = new ElasticsearchTrendStore(options);
    const old = [rollup(Date.UTC(2025, 10, 1)), rollup(Date.UTC(2025, 10, 30, 23, 55))];
    const kept = rollup(Date.UTC(2025, 11, 1));
    await store.write([...old, kept]);
    assert.deepEqual(await dropExpired(client, options, Date.UTC(2025, 11, 1) - 1), []);
    assert.deepEqual(await dropExpired(client, options, Date.UTC(2025, 11, 1)), [`${options.prefix}rollups-2025.11`]);
    assert.deepEqual([await store.count('rollup'), await store.get('rollup', kept.id)], [1, kept]);
    await store.close();
  });
});
