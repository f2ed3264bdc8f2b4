import type { ServerResponse } from 'node:http';
import type { TrendStore } from '../../store/trend-port.ts';
import type { Events, Status } from '../contract.ts';

/** How soon a browser hears of what was stored. */
const POLL_MS = 100;
const STATUS_MS = 1_000;
/** More news than this between two polls is not sent one by one: the page asks for its lists again. */
const MAX_BURST = 200;
/** Browsers listened to at once; beyond it the answer is 503. */
const MAX_CLIENTS = 100;
/** A browser comes back after this long. */
const RETRY_MS = 2_000;

export interface EventHubOptions {
  readonly trends: TrendStore;
  readonly status: () => Promise<Status>;
}

interface Client {
  readonly response: ServerResponse;
  /** The socket's buffer is full: nothing is written until it drains, and then a `gap` if something was left out. */
  blocked: boolean;
  missed: boolean;
}

/**
 * Tells every listening browser what is stored, by server-sent events. One reader for all of them, and none while nobody
 * listens. A slow browser costs one buffer: what it misses is announced as a gap.
 */
export class EventHub {
  readonly #options: EventHubOptions;
  readonly #clients = new Set<Client>();
  #cursor = -1;
  #timer: NodeJS.Timeout | undefined;
  #statusAt = 0;
  #closed = false;

  constructor(options: EventHubOptions) {
    this.#options = options;
  }

  start(): void {
    this.#schedule();
  }

  get isFull(): boolean {
    return this.#closed || this.#clients.size >= MAX_CLIENTS;
  }

  /** Lets a browser listen from its last event on. `open` gives the response, its head written; not called when this rejects. */
  async add(lastEventId: number | undefined, open: () => ServerResponse): Promise<void> {
    const latest = await this.#options.trends.latest();
    const status = await this.#options.status();
    const response = open();
    if (response.destroyed) return;
    const client: Client = { response, blocked: false, missed: false };
    response.on('drain', () => this.#drained(client));
    response.on('close', () => this.#clients.delete(client));
    response.on('error', () => this.#clients.delete(client));
    if (this.#clients.size === 0) this.#cursor = latest;
    this.#clients.add(client);
    response.write(`retry: ${RETRY_MS}\n\n`);
    if (lastEventId !== undefined && lastEventId < this.#cursor) this.#write(client, message('gap', {}, this.#cursor));
    this.#write(client, message('status', status));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const { response } of this.#clients) response.end();
    this.#clients.clear();
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#poll()
        .catch(() => undefined) // a store that cannot be read stops the pipelines, which say so; here it is tried again
        .finally(() => {
          if (!this.#closed) this.#schedule();
        });
    }, POLL_MS);
    this.#timer.unref();
  }

  async #poll(): Promise<void> {
    if (this.#clients.size === 0) return;
    const docs = await this.#options.trends.changes({ after: this.#cursor, limit: MAX_BURST });
    if (docs.length === MAX_BURST) {
      this.#cursor = await this.#options.trends.latest();
      this.#broadcast(message('gap', {}, this.#cursor));
    } else if (docs.length > 0) {
      this.#cursor = docs.at(-1)?.version ?? this.#cursor;
      this.#broadcast(docs.map((doc) => message(doc.kind, doc.body, doc.version)).join(''));
    }
    const now = performance.now();
    if (now - this.#statusAt < STATUS_MS) return;
    this.#statusAt = now;
    this.#broadcast(message('status', await this.#options.status()));
  }

  #broadcast(text: string): void {
    for (const client of this.#clients) this.#write(client, text);
  }

  #write(client: Client, text: string): void {
    if (client.blocked) client.missed = true;
    else client.blocked = !client.response.write(text);
  }

  #drained(client: Client): void {
    client.blocked = false;
    if (!client.missed) return;
    client.missed = false;
    this.#write(client, message('gap', {}, this.#cursor));
  }
}

/** JSON has no raw line break, so one `data` line holds it. */
function message<K extends keyof Events>(event: K, data: Events[K], id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
