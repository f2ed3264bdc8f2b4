import { Worker } from 'node:worker_threads';
import { BarographError } from '../domain/errors.ts';
import { decodeBytes } from './charset.ts';
import { type FeedDocument, parseItems } from './feed-items.ts';
import { malformed } from './mend-xml.ts';

/** A longer text goes to a worker, which costs some 50 ms to start; parsing 100 kB takes 10 ms (2 cores, November 2026). */
const INLINE_LENGTH = 100_000;
const PARSE_TIMEOUT_MS = 30_000;

// Large feeds are parsed one at a time: a worker takes up to ten times the feed in memory.
let queue: Promise<unknown> = Promise.resolve();

/**
 * The items of a feed's bytes. Never holds up the event loop by more than the parsing of 100 kB: larger feeds are parsed in a
 * worker thread, which also ends documents that would never be done. Rejects with `E_FEED_MALFORMED` or the signal's reason.
 */
export async function readFeed(bytes: Uint8Array, contentType: string, signal: AbortSignal): Promise<FeedDocument> {
  const text = decodeBytes(bytes, contentType);
  if (text.length <= INLINE_LENGTH) return parseItems(text);
  const turn = queue.then(() => parseInWorker(text, signal));
  queue = turn.catch(() => undefined); // the caller gets the failure; the next in line must not
  return turn;
}

async function parseInWorker(text: string, signal: AbortSignal): Promise<FeedDocument> {
  signal.throwIfAborted();
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./parse-worker.${extension}`, import.meta.url), {
    workerData: text,
    resourceLimits: { maxOldGenerationSizeMb: 512 },
    execArgv: [],
  });
  const { promise, resolve, reject } = Promise.withResolvers<FeedDocument>();
  const abort = (): void => reject(signal.reason);
  const timer = setTimeout(() => reject(malformed('its XML takes too long to read')), PARSE_TIMEOUT_MS);
  signal.addEventListener('abort', abort, { once: true });
  worker.once('message', (answer: { document?: FeedDocument; message?: string }) => {
    if (answer.document !== undefined) resolve(answer.document);
    else reject(new BarographError('E_FEED_MALFORMED', answer.message ?? 'The feed cannot be read.'));
  });
  worker.once('error', (cause) => reject(malformed('its XML cannot be read', cause)));
  worker.once('exit', () => reject(malformed('its XML cannot be read')));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    await worker.terminate();
  }
}
