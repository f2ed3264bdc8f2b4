import { randomUUID } from 'node:crypto';
import { openElasticsearch } from '../../../src/store/elasticsearch/connection.ts';
import { putTemplates } from '../../../src/store/elasticsearch/setup.ts';
import { indexTemplates } from '../../../src/store/elasticsearch/templates.ts';
import type { TestServers } from '../../servers.ts';

/** Indices of a test's own, made by the templates that it has put; `remove` leaves nothing of them. */
export function elasticsearchPlace({ elasticsearch }: TestServers) {
  const options = { nodes: [`http://127.0.0.1:${elasticsearch.http}`], prefix: `test-${randomUUID().slice(0, 8)}-` };
  const client = openElasticsearch(options);
  const templates = indexTemplates(options, { shards: 1, replicas: 0 });
  return {
    ...{ options, client },
    make: () => putTemplates(client, options, templates),
    remove: async (): Promise<void> => {
      const indices = Object.keys(await client.indices.get({ index: `${options.prefix}*` }));
      if (indices.length > 0) await client.indices.delete({ index: indices });
      for (const { name } of templates) await client.indices.deleteIndexTemplate({ name });
      await client.close();
    },
  };
}
