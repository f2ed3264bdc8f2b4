import { describe } from 'node:test';
import { ElasticsearchStateStore } from '../../../src/store/elasticsearch/state-store.ts';
import { ElasticsearchTrendStore } from '../../../src/store/elasticsearch/trend-store.ts';
import { stateStoreContract } from '../../contract/state-store.ts';
import { trendStoreContract } from '../../contract/trend-store.ts';
import { type TestServers, testServers } from '../../servers.ts';
import { elasticsearchPlace } from './place.ts';

const { servers, skip } = testServers();

describe('Elasticsearch', { skip }, () => {
  if (servers === undefined) return;
  async function place() {
    const { options, make, remove } = elasticsearchPlace(servers as TestServers);
    await make();
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
