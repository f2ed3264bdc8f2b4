import { randomUUID } from 'node:crypto';
import { after, describe } from 'node:test';
import { openElasticsearch } from '../../../src/store/elasticsearch/connection.ts';
import { putTemplates } from '../../../src/store/elasticsearch/setup.ts';
import { ElasticsearchStateStore } from '../../../src/store/elasticsearch/state-store.ts';
import { indexTemplates } from '../../../src/store/elasticsearch/templates.ts';
import { ElasticsearchTrendStore } from '../../../src/store/elasticsearch/trend-store.ts';
import { stateStoreContract } from '../../contract/state-store.ts';
import { trendStoreContract } from '../../contract/trend-store.ts';
import { testServers } from '../../servers.ts';

const { servers, skip } = testServers();

describe('Elasticsearch', { skip }, () => {
  if (servers === undefined) return;
  const nodes = [`http://127.0.0.1:${servers.elasticsearch.http}`];
  const client = openElasticsearch({ nodes, prefix: '' });
  after(() => client.close());

  async function place() {
    const options = { nodes, prefix: `test-${randomUUID().slice(0, 8)}-` };
    const templates = indexTemplates(options, { shards: 1, replicas: 0 });
    await putTemplates(client, options, templates);
    const remove = async (): Promise<void> => {
      const indices = Object.keys(await client.indices.get({ index: `${options.prefix}*` }));
      if (indices.length > 0) await client.indices.delete({ index: indices });
      for (const { name } of templates) await client.indices.deleteIndexTemplate({ name });
    };
    return { options, remove };
  }

  trendStoreContract('elasticsearch', async () => {
    const { options, remove } = await place();
    return { open: async () => new ElasticsearchTrendStore(options), remove };
  });

  stateStoreContract('elasticsearch', async () => {
    const { options, remove } = await place();
    return { open: async (clock) => new ElasticsearchStateStore(options, clock), remove };
  });
});
