import { Agent, type Dispatcher, fetch, type Response } from 'undici';
import { BarographError } from '../domain/errors.ts';
import { checkLiteralAddress, guardedLookup } from './address-guard.ts';
import type { FeedFetcher, FeedSettings, FetchResult } from './port.ts';

const ACCEPT = 'application/rss+xml, application/atom+xml, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1';
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Feeds over HTTP. Redirects are followed by hand, so that each hop is checked; the body is counted while it is
 * decompressed, so that a bomb is cut off at the limit and not after it.
 */
export function httpFetcher(): FeedFetcher {
  // Two pools: a connection made for a feed that may reach private addresses is never used for one that may not.
  const connections = { allowH2: false, connections: 4, pipelining: 1, keepAliveTimeout: 10_000 };
  const guarded = new Agent({ ...connections, connect: { lookup: guardedLookup(), timeout: 15_000 } });
  const open = new Agent({ ...connections, connect: { timeout: 15_000 } });
  return {
    async fetch(settings, validators, signal) {
      const timeout = AbortSignal.timeout(settings.timeoutMs);
      const both = AbortSignal.any([signal, timeout]);
      try {
        return await follow(settings, validators, settings.allowPrivate ? open : guarded, both);
      } catch (cause) {
        signal.throwIfAborted();
        throw timeout.aborted
          ? unreachable(settings, `it did not answer within ${settings.timeoutMs / 1000} s`, cause)
          : wrap(settings, cause);
      }
    },
    async close() {
      await Promise.all([guarded.destroy(), open.destroy()]);
    },
  };
}

async function follow(
  settings: FeedSettings,
  validators: { readonly etag: string; readonly lastModified: string },
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<FetchResult> {
  const start = new URL(settings.url);
  const visited = new Set<string>();
  let url = start;
  for (let hop = 0; ; hop++) {
    if (!settings.allowPrivate) checkLiteralAddress(url);
    const response = await fetch(withoutUser(url).href, {
      dispatcher,
      redirect: 'manual',
      signal,
      headers: headersFor(settings, validators, start, url),
    });
    const location = response.headers.get('location');
    if (!REDIRECTS.has(response.status) || location === null) return read(response, url, settings, signal);
    await discard(response);
    visited.add(url.href);
    const next = URL.parse(location, url.href);
    if (next === null || (next.protocol !== 'http:' && next.protocol !== 'https:'))
      throw redirects(settings, `it redirects to ${location.slice(0, 200)}`);
    if (visited.has(next.href)) throw redirects(settings, 'its redirects run in a circle');
    if (hop >= settings.maxRedirects) throw redirects(settings, `it redirects more than ${settings.maxRedirects} times`);
    url = next;
  }
}

function withoutUser(url: URL): URL {
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  return plain;
}

function headersFor(
  settings: FeedSettings,
  validators: { readonly etag: string; readonly lastModified: string },
  start: URL,
  url: URL,
): Record<string, string> {
  const headers: Record<string, string> = { accept: ACCEPT, 'user-agent': settings.userAgent };
  if (validators.etag !== '') headers['if-none-match'] = validators.etag;
  if (validators.lastModified !== '') headers['if-modified-since'] = validators.lastModified;
  // The password of the feed's address is for its own server only.
  if (start.username !== '' && url.origin === start.origin) {
    const pair = `${decodeURIComponent(start.username)}:${decodeURIComponent(start.password)}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  return headers;
}

async function read(response: Response, url: URL, settings: FeedSettings, signal: AbortSignal): Promise<FetchResult> {
  if (response.status === 304) {
    await discard(response);
    return { kind: 'unchanged' };
  }
  if (response.status !== 200) {
    await discard(response);
    const retryAfter = response.headers.get('retry-after');
    throw new BarographError(
      'E_FEED_STATUS',
      `${settings.name} answered with HTTP ${response.status}${response.status === 410 ? ' (gone)' : ''}.`,
      {
        facts: {
          feed: settings.name,
          status: response.status,
          ...(retryAfter === null ? {} : { retryAfter: retryAfter.slice(0, 100) }),
        },
      },
    );
  }
  const bytes = await readBody(response, settings, signal);
  return {
    kind: 'body',
    bytes,
    contentType: response.headers.get('content-type') ?? '',
    url: url.href,
    etag: (response.headers.get('etag') ?? '').slice(0, 1000),
    lastModified: (response.headers.get('last-modified') ?? '').slice(0, 100),
  };
}

async function readBody(response: Response, settings: FeedSettings, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (response.body === null) return new Uint8Array();
  for await (const chunk of response.body) {
    signal.throwIfAborted();
    size += chunk.byteLength;
    // Leaving the loop cancels the body, hence the connection.
    if (size > settings.maxBytes) throw tooLarge(settings);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** Ends a response whose body nobody wants. */
async function discard(response: Response): Promise<void> {
  await response.body?.cancel();
}

function tooLarge(settings: FeedSettings): BarographError {
  return new BarographError(
    'E_FEED_TOO_LARGE',
    `${settings.name} is larger than ${settings.maxBytes} bytes once decompressed (max_size).`,
    {
      facts: { feed: settings.name, maxBytes: settings.maxBytes },
    },
  );
}

function redirects(settings: FeedSettings, what: string): BarographError {
  return new BarographError('E_FEED_REDIRECTS', `${settings.name} cannot be fetched: ${what}.`, {
    facts: { feed: settings.name },
  });
}

function unreachable(settings: FeedSettings, what: string, cause: unknown): BarographError {
  return new BarographError('E_FEED_UNREACHABLE', `${settings.name} cannot be reached: ${what}.`, {
    cause,
    facts: { feed: settings.name },
  });
}

/** undici hides what happened two causes deep; ours are among them when the address guard refused a name. */
function wrap(settings: FeedSettings, error: unknown): BarographError {
  let deepest = error;
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof BarographError) return at;
    deepest = at;
    if (at instanceof AggregateError) for (const inner of at.errors) if (inner instanceof BarographError) return inner;
  }
  const code = deepest instanceof Error && 'code' in deepest && typeof deepest.code === 'string' ? deepest.code : '';
  const message = deepest instanceof Error ? deepest.message : String(deepest);
  const what =
    code === 'ENOTFOUND'
      ? 'there is no such host'
      : [message || 'the connection failed', code && !message.includes(code) ? `(${code})` : ''].filter(Boolean).join(' ');
  return unreachable(settings, what, error);
}
