import { join } from 'node:path';
import { MemoryLog, MemoryLogData } from '../../src/log/memory.ts';
import { SqliteLog } from '../../src/log/sqlite.ts';
import { eventLogContract } from '../contract/event-log.ts';
import { temporaryFolder } from '../temporary-folder.ts';

eventLogContract('memory', async () => {
  const data = new MemoryLogData();
  return { open: async () => new MemoryLog(data), remove: async () => undefined };
});

eventLogContract('memory, three partitions', async () => {
  const data = new MemoryLogData(3);
  return { open: async () => new MemoryLog(data), remove: async () => undefined };
});

eventLogContract('sqlite', async () => {
  const folder = await temporaryFolder();
  return { open: async () => new SqliteLog(join(folder.path, 'log.db')), remove: folder.remove };
});
