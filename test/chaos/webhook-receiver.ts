import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What one state of an alert came to at the receiver. */
export interface Received {
  times: number;
  /** Bodies without the mark of a repeat: one, or a receiver could not tell repeats by the key. */
  readonly bodies: Set<string>;
}

/** Takes alerts, by their idempotency key; may answer only after the sender's patience has ended. */
export async function webhookReceiver(patienceMs: number) {
  const received = new Map<string, Received>();
  let late = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const key = String(request.headers['idempotency-key']);
    const { repeat: _, ...rest } = JSON.parse(body);
    const known = received.get(key) ?? { times: 0, bodies: new Set<string>() };
    known.times += 1;
    known.bodies.add(JSON.stringify(rest));
    received.set(key, known);
    if (late > 0) {
      late -= 1;
      await new Promise((resolve) => setTimeout(resolve, patienceMs + 500));
    }
    response.writeHead(200).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    /** The next delivery is taken, and its answer comes too late. */
    answerLate: () => {
      late += 1;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
