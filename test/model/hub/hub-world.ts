import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { connectHub } from '../../../src/model/hub/hub-connection.ts';
import { type Pulled, pullModel } from '../../../src/model/hub/pull.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { type HubServer, type Repository, startHubServer } from './hub-server.ts';

export interface World {
  readonly server: HubServer;
  readonly cache: string;
  /** What was waited between two attempts. */
  readonly waits: number[];
  pull(revision?: string, options?: { token?: string; endpoint?: string; signal?: AbortSignal }): Promise<Pulled>;
  /** Every file below the cache. */
  cached(): readonly string[];
  /** Requests for a file's bytes, at either host. */
  requestsFor(file: string): HubServer['requests'];
}

export const NAME = 'acme/tiny';

/** A hub with one model, an empty cache, and no patience, for as long as the test takes. */
export async function withHub(repository: Repository, use: (world: World) => Promise<void>): Promise<void> {
  const { path: cache, remove } = await temporaryFolder();
  const server = await startHubServer();
  server.repositories.set(NAME, repository);
  const waits: number[] = [];
  const pull: World['pull'] = async (revision = 'main', { token, endpoint = server.endpoint, signal } = {}) => {
    const wait = async (ms: number): Promise<void> => void waits.push(ms);
    const hub = connectHub({ endpoint, token, userAgent: 'test', clock: { now: () => 0 }, random: () => 0, wait });
    try {
      return await pullModel({ repository: NAME, revision, cache, hub }, signal ?? new AbortController().signal);
    } finally {
      await hub.close();
    }
  };
  const cached = (): readonly string[] => (existsSync(cache) ? filesBelow(cache).sort() : []);
  const requestsFor: World['requestsFor'] = (file) =>
    server.requests.filter(({ host, path }) =>
      host === 'storage' ? file === 'model.safetensors' : path.includes(`/resolve/`) && path.endsWith(`/${file}`),
    );
  try {
    await use({ server, cache, waits, pull, cached, requestsFor });
  } finally {
    await server.close();
    await remove();
  }
}

function filesBelow(folder: string, under = ''): string[] {
  return readdirSync(join(folder, under), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(folder, join(under, entry.name)) : [join(under, entry.name)],
  );
}
