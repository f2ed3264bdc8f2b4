import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Passes bytes on between clients and a port of this machine, and does harm on demand. */
export interface TcpProxy {
  readonly port: number;
  /** Breaks every connection. */
  cut(): void;
  /** From now on every piece of data waits so long; 0 passes it on at once. */
  delay(ms: number): void;
  /** Connections stay, and what is sent over them goes nowhere, until this is called with false: they are broken then. */
  swallow(on: boolean): void;
  close(): Promise<void>;
}

export async function tcpProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let delayMs = 0;
  let swallows = false;
  const pass = (from: Socket, to: Socket): void => {
    from.on('data', (data) => {
      if (swallows) return;
      if (delayMs === 0) to.write(data);
      else setTimeout(() => to.write(data), delayMs);
    });
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  };
  const cut = (): void => {
    for (const [client, server] of pairs) {
      client.destroy();
      server.destroy();
    }
  };
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    const pair = [client, upstream] as const;
    pairs.add(pair);
    client.once('close', () => pairs.delete(pair));
    pass(client, upstream);
    pass(upstream, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    delay: (ms) => {
      delayMs = ms;
    },
    swallow: (on) => {
      swallows = on;
      if (!on) cut();
    },
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
