import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** What a proxy does with a request instead of passing it on. */
export type SearchFault =
  | { readonly kind: 'status'; readonly status: number }
  /** The connection is closed before an answer, after the server has done its part when `late`. */
  | { readonly kind: 'cut'; readonly late: boolean }
  | { readonly kind: 'slow'; readonly ms: number }
  /** Every other document of a bulk request is answered with 429 and not passed on. */
  | { readonly kind: 'full-queue' };

export interface SearchProxy {
  readonly url: string;
  /** Asked for each request; `undefined` passes it on. */
  fault: (request: { readonly path: string; readonly headers: IncomingMessage['headers'] }) => SearchFault | undefined;
  /** Requests passed on or refused. */
  readonly seen: string[];
  close(): Promise<void>;
}

/** A proxy in front of Elasticsearch that does harm on demand; over TLS when given a certificate. */
export async function searchProxy(
  port: number,
  tls?: { readonly certificate: string; readonly key: string },
): Promise<SearchProxy> {
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const path = incoming.url ?? '/';
    proxy.seen.push(`${incoming.method} ${path}`);
    const fault = proxy.fault({ path, headers: incoming.headers });
    const body = Buffer.concat(chunks);
    if (fault?.kind === 'status') return refuse(response, fault.status);
    if (fault?.kind === 'cut' && !fault.late) return void response.destroy();
    if (fault?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    const isHalf = fault?.kind === 'full-queue' && path.includes('_bulk');
    const answer = await forward(port, incoming, isHalf ? evenDocuments(body) : body);
    if (fault?.kind === 'cut') return void response.destroy();
    const text = isHalf ? withRefusals(answer.body) : answer.body;
    const { 'content-length': _, 'transfer-encoding': __, 'content-encoding': ___, ...headers } = answer.headers;
    response.writeHead(answer.status, headers).end(text);
  };
  const listener = (incoming: IncomingMessage, response: ServerResponse): void => {
    handle(incoming, response).catch(() => response.destroy());
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer({ cert: tls.certificate, key: tls.key }, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  const proxy: SearchProxy = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${own}`,
    ...{ fault: () => undefined, seen: [] },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return proxy;
}

function refuse(response: ServerResponse, status: number): void {
  const error = { type: 'made_up_by_the_test', reason: 'the test says so' };
  const headers = {
    'content-type': 'application/vnd.elasticsearch+json;compatible-with=9',
    'x-elastic-product': 'Elasticsearch',
  };
  response.writeHead(status, headers).end(JSON.stringify({ error, status }));
}

async function forward(port: number, incoming: IncomingMessage, body: Buffer) {
  const {
    'content-length': _,
    'accept-encoding': __,
    'transfer-encoding': ___,
    authorization: ____,
    ...headers
  } = incoming.headers;
  const framed = { ...headers, 'content-length': body.length };
  const outgoing = request({ port, host: '127.0.0.1', method: incoming.method, path: incoming.url, headers: framed });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return { status: answer.statusCode ?? 500, headers: answer.headers, body: Buffer.concat(chunks).toString('utf8') };
}

/** Documents 0, 2, 4, … of a bulk request. */
function evenDocuments(body: Buffer): Buffer {
  const lines = body.toString('utf8').trimEnd().split('\n');
  return Buffer.from(`${lines.filter((_, line) => line % 4 < 2).join('\n')}\n`);
}

/** After each answer, one for the document that was not passed on. */
function withRefusals(text: string): string {
  const answer = JSON.parse(text) as { items: unknown[] };
  const error = { type: 'es_rejected_execution_exception', reason: 'the queue is full' };
  const items = answer.items.flatMap((item) => [item, { index: { status: 429, error } }]);
  return JSON.stringify({ ...answer, errors: true, items });
}
