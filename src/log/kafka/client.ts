import { isIP, connect as openSocket, type Socket } from 'node:net';
import { connect as openTlsSocket } from 'node:tls';
import type { ISocketFactory, Kafka } from 'kafkajs';
import { type KafkaOptions, openKafka } from './connection.ts';

/** A goodbye that takes longer is not waited for. */
const GOODBYE_MS = 5000;
const KEEP_ALIVE_MS = 60_000;

/** A producer, a consumer or an admin of kafkajs, and how to be rid of it. */
export interface Client<T> {
  readonly own: T;
  /** Says goodbye and closes every connection. Safe to call twice, takes some seconds at most. */
  release(): Promise<void>;
}

interface Connectable {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/**
 * Makes a client with connections of its own. What kafkajs still has under way when a client is disconnected may open a connection
 * again, and go on for ever (tulios/kafkajs issues 1571, 1593): here a client that was released has none and gets none.
 */
export function openClient<T extends Connectable>(options: KafkaOptions, make: (kafka: Kafka) => T): Client<T> {
  const sockets = new Set<Socket>();
  let released: Promise<void> | undefined;
  const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = ssl ? openTlsSocket({ host, port, ...name, ...ssl }, onConnect) : openSocket({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined); // kafkajs listens from the next turn on
    if (isReleased) end(socket);
    return socket;
  };
  let isReleased = false;
  const onTrouble = (message: string): void => {
    if (!isReleased) options.onTrouble?.(message);
  };
  const heard = options.onTrouble === undefined ? options : { ...options, onTrouble };
  const own = make(openKafka(heard, socketFactory));
  const release = async (): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GOODBYE_MS);
    });
    await Promise.race([own.disconnect().catch(() => undefined), late]);
    clearTimeout(timer);
    isReleased = true;
    for (const socket of sockets) end(socket);
  };
  return {
    own,
    release: () => {
      released ??= release();
      return released;
    },
  };
}

/** By an error, which is what kafkajs notices: a connection that it holds for open keeps a timer. */
const end = (socket: Socket): unknown => socket.destroy(new Error('The client was released.'));

/** Makes a client and connects it; one that cannot is released. Rejects as kafkajs does. */
export async function connectClient<T extends Connectable>(options: KafkaOptions, make: (kafka: Kafka) => T): Promise<Client<T>> {
  const client = openClient(options, make);
  try {
    await client.own.connect();
    return client;
  } catch (error) {
    await client.release();
    throw error;
  }
}
