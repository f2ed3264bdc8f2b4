import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How the server answers one request. */
export type Answer =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | 'never'
  | 'reset';

export interface AnsweringServer {
  readonly url: string;
  readonly received: Received[];
  /** Answers in order; the last one stays. */
  answers: Answer[];
}

/** A server on loopback that takes what is posted and answers as it is told. */
export async function answeringServer(t: TestContext): Promise<AnsweringServer> {
  const self = { url: '', received: [] as Received[], answers: [{ status: 200, body: 'ok' }] as Answer[] };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => {
      body += part;
    });
    request.on('end', () => {
      self.received.push({ headers: request.headers, body });
      const answer = (self.answers.length > 1 ? self.answers.shift() : self.answers[0]) ?? 'never';
      if (answer === 'reset') request.socket.resetAndDestroy();
      else if (answer !== 'never') response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // a listening TCP server has one
  self.url = `http://127.0.0.1:${port}/hook/s3cret`;
  return self;
}

/** An address on loopback where nobody listens any more. */
export async function closedAddress(): Promise<string> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a listening TCP server has one
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}/s3cret`;
}
