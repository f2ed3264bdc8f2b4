import { join } from 'node:path';
import { MemoryStateData, MemoryStateStore } from '../../src/store/memory-state.ts';
import { MemoryTrendData, MemoryTrendStore } from '../../src/store/memory-trends.ts';
import { SqliteStateStore } from '../../src/store/sqlite-state.ts';
import { SqliteTrendStore } from '../../src/store/sqlite-trends.ts';
import { stateStoreContract } from '../contract/state-store.ts';
import { trendStoreContract } from '../contract/trend-store.ts';
import { temporaryFolder } from '../temporary-folder.ts';

trendStoreContract('memory', async () => {
  const data = new MemoryTrendData();
  return { open: async () => new MemoryTrendStore(data), remove: async () => undefined };
});

trendStoreContract('sqlite', async () => {
  const folder = await temporaryFolder();
  return { open: async () => new SqliteTrendStore(join(folder.path, 'trends.db')), remove: folder.remove };
});

stateStoreContract('memory', async () => {
  const data = new MemoryStateData();
  return { open: async (clock) => new MemoryStateStore(data, clock), remove: async () => undefined };
});

stateStoreContract('sqlite', async () => {
  const folder = await temporaryFolder();
  return { open: async (clock) => new SqliteStateStore(join(folder.path, 'state.db'), { clock }), remove: folder.remove };
});
