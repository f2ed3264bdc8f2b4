import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A repository with one commit; names of `lfs` are kept on the other host, as the hub keeps large files. */
export interface Repository {
  readonly commit: string;
  readonly files: Map<string, Buffer>;
  readonly lfs: ReadonlySet<string>;
}

export interface Request {
  readonly host: 'hub' | 'storage';
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  /** Of the body, once the answer is over. */
  sent: number;
}

/** What goes wrong with the next answer about a path that holds `on`; used up by it. */
export interface Fault {
  readonly on: string;
  /** Breaks the connection after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Says nothing more after so many bytes of the body, and keeps the connection. */
  readonly stallAfter?: number;
  /** Never answers. */
  readonly silent?: true;
  /** Gives other bytes than the listing speaks of. */
  readonly instead?: Buffer;
  readonly status?: number;
  readonly headers?: Record<string, string>;
}

/** A model hub on loopback, at two origins: its own, and that of the storage which it redirects to for files in LFS. */
export interface HubServer {
  readonly endpoint: string;
  readonly storage: string;
  readonly repositories: Map<string, Repository>;
  readonly requests: Request[];
  readonly faults: Fault[];
  /** Changes the listing of every model before it is sent. */
  relist: (listing: Listed) => unknown;
  /** Without it everything is public. */
  token: string | undefined;
  ranges: boolean;
  close(): Promise<void>;
}

interface Listed {
  sha: string;
  siblings: { rfilename: string; size: number; blobId: string; lfs?: { sha256: string; size: number; pointerSize: number } }[];
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const blobId = (bytes: Buffer): string => createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

export async function startHubServer(): Promise<HubServer> {
  const servers: Server[] = [];
  const listen = async (answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> => {
    const server = createServer(answer);
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // a listening TCP server has one
    return `http://127.0.0.1:${port}`;
  };
  const close = async (): Promise<void> => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  };
  const state = {
    ...{ endpoint: '', storage: '', repositories: new Map<string, Repository>(), requests: [], faults: [] },
    ...{ relist: (listing: Listed): unknown => listing, token: undefined, ranges: true, close },
  };
  const self: HubServer = state;
  state.storage = await listen((request, response) => answerStorage(self, request, response));
  state.endpoint = await listen((request, response) => answerHub(self, request, response));
  return self;
}

function answerHub(self: HubServer, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', self.endpoint);
  const known = noted(self, 'hub', url.pathname + url.search, request);
  if (isFaulty(self, url.pathname, response)) return;
  const [, listed, revision] = /^\/api\/models\/(.+)\/revision\/([^/]+)$/.exec(url.pathname) ?? [];
  const [, resolved, commit, file = ''] = /^\/(.+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname) ?? [];
  const repository = self.repositories.get(listed ?? resolved ?? '');
  const name = decodeURIComponent(file);
  const bytes = repository?.files.get(name);
  const refuse = (status: number, code: string): void => {
    response.writeHead(status, { 'x-error-code': code, 'x-error-message': `${code} for you` }).end();
  };
  if (self.token !== undefined && request.headers.authorization !== `Bearer ${self.token}`) refuse(401, 'RepoNotFound');
  else if (repository === undefined) refuse(404, 'RepoNotFound');
  else if (![repository.commit, 'main', 'v1'].includes(revision ?? commit ?? '')) refuse(404, 'RevisionNotFound');
  else if (listed !== undefined) {
    const isAsked = url.searchParams.get('blobs') === 'true';
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(isAsked ? self.relist(listingOf(repository)) : { sha: repository.commit, siblings: [] }));
  } else if (bytes === undefined) refuse(404, 'EntryNotFound');
  else if (!repository.lfs.has(name)) send(self, url.pathname, known, bytes, response);
  else response.writeHead(302, { location: `${self.storage}/blobs/${sha256(bytes)}?signature=abc` }).end();
}

function answerStorage(self: HubServer, request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '/';
  const known = noted(self, 'storage', path, request);
  const files = [...self.repositories.values()].flatMap((repository) => [...repository.files]);
  const [name, bytes] = files.find(([, of]) => path.startsWith(`/blobs/${sha256(of)}?`)) ?? [];
  if (isFaulty(self, `storage:${name}`, response)) return;
  if (bytes === undefined) response.writeHead(403).end();
  else send(self, `storage:${name}`, known, bytes, response);
}

function listingOf({ commit, files, lfs }: Repository): Listed {
  const siblings = [...files].map(([rfilename, bytes]) => ({
    ...{ rfilename, size: bytes.length, blobId: blobId(bytes) },
    ...(lfs.has(rfilename) ? { lfs: { sha256: sha256(bytes), size: bytes.length, pointerSize: 134 } } : {}),
  }));
  return { sha: commit, siblings };
}

function noted(self: HubServer, host: Request['host'], path: string, { headers }: IncomingMessage): Request {
  const known: Request = { host, path, range: headers.range, authorization: headers.authorization, sent: 0 };
  self.requests.push(known);
  return known;
}

/** Answers with a status, or not at all, when a fault says so. */
function isFaulty(self: HubServer, path: string, response: ServerResponse): boolean {
  const index = self.faults.findIndex(({ on, status, silent }) => (status !== undefined || silent) && path.includes(on));
  if (index === -1) return false;
  const [fault] = self.faults.splice(index, 1);
  if (fault?.status !== undefined) response.writeHead(fault.status, fault.headers).end();
  return true;
}

/** Sends a file, or its part by `Range`, with the faults that are asked for. */
function send(self: HubServer, path: string, known: Request, whole: Buffer, response: ServerResponse): void {
  const index = self.faults.findIndex(({ on, status, silent }) => status === undefined && !silent && path.includes(on));
  const [fault] = index === -1 ? [] : self.faults.splice(index, 1);
  const bytes = fault?.instead ?? whole;
  const first = self.ranges ? Number(/^bytes=(\d+)-$/.exec(known.range ?? '')?.[1] ?? 0) : 0;
  const partial = first > 0 && first < bytes.length;
  const body = bytes.subarray(first);
  response.writeHead(partial ? 206 : 200, {
    'content-length': body.length,
    ...(partial ? { 'content-range': `bytes ${first}-${bytes.length - 1}/${bytes.length}` } : {}),
  });
  const ends = fault?.cutAfter ?? fault?.stallAfter;
  known.sent = Math.min(ends ?? body.length, body.length);
  if (ends === undefined) response.end(body);
  else
    response.write(body.subarray(0, ends), () => {
      if (fault?.cutAfter !== undefined) response.socket?.end();
    });
}
