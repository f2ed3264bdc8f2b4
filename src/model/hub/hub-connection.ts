import { Agent, fetch, type Response } from 'undici';
import type { Clock } from '../../domain/clock.ts';
import { BarographError } from '../../domain/errors.ts';
import { faultOf, isConnectionFault, statusError, unreachable } from './hub-errors.ts';
import { type Patience, TRIES, tryAgain } from './try-again.ts';

export interface HubOptions extends Patience {
  /** Address of the hub, perhaps with a path. */
  readonly endpoint: string;
  /** Sent to the endpoint's own origin only. */
  readonly token?: string | undefined;
  readonly userAgent: string;
  readonly clock: Clock;
  /** For a connection, for the first byte of an answer, and between two of them; 30 s by default. */
  readonly timeoutMs?: number;
}

export interface HubRequest {
  /** Behind the endpoint; begins with a slash. */
  readonly path: string;
  /** What messages call it. */
  readonly subject: string;
  /** Made anew for each attempt. */
  readonly headers?: () => Readonly<Record<string, string>>;
  /** Statuses that `use` gets to see; only 200 by default. */
  readonly accept?: readonly number[];
  readonly tries?: number;
  /** Bytes that are there so far: see `tryAgain`. */
  readonly gained?: () => number;
  /** Longest time of an attempt with all that is read; none by default. */
  readonly limitMs?: number;
}

/** A connection to a model hub. Whoever opens it closes it. */
export interface HubConnection {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /**
   * GETs, follows redirects, and gives the answer to `use`, which reads its body; all that again when it failed with E_HUB_UNREACHABLE.
   * Rejects with that, with E_HUB_REFUSED, with what `use` throws, or with the signal's reason.
   */
  get<T>(request: HubRequest, use: (response: Response) => Promise<T>, signal: AbortSignal): Promise<T>;
  close(): Promise<void>;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 5;

/** Opens no connection yet. Throws E_USAGE for an endpoint or a token that can be none. */
export function connectHub(options: HubOptions): HubConnection {
  const { token, timeoutMs = 30_000 } = options;
  const endpoint = parseEndpoint(options.endpoint);
  if (token !== undefined && !/^[\x21-\x7e]{1,4096}$/.test(token))
    throw new BarographError('E_USAGE', 'The token for the model hub holds characters that no token has, or is empty.');
  const times = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connect: { timeout: timeoutMs } };
  const agent = new Agent({ allowH2: false, connections: 4, keepAliveTimeout: 10_000, ...times });
  const hub: Hub = { agent, origin: endpoint.origin, options };
  const base = endpoint.href.replace(/\/+$/, '');
  return {
    endpoint: base,
    get: (request, use, signal) => {
      const start = new URL(`${base}${request.path}`);
      const { tries = TRIES, gained = () => 0 } = request;
      return tryAgain(() => once(hub, request, start, use, signal), options, { tries, gained, signal });
    },
    close: () => agent.destroy(),
  };
}

interface Hub {
  readonly agent: Agent;
  readonly origin: string;
  readonly options: HubOptions;
}

function parseEndpoint(text: string): URL {
  const url = URL.parse(text);
  const isPlain = url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!isPlain || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new BarographError(
      'E_USAGE',
      `${JSON.stringify(text)} is no address of a model hub: give one such as https://huggingface.co.`,
    );
  return url;
}

async function once<T>(
  hub: Hub,
  request: HubRequest,
  start: URL,
  use: (response: Response) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const limit = request.limitMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(request.limitMs)]);
  let url = start;
  try {
    for (let hop = 0; ; hop++) {
      const response = await ask(hub, request, url, limit);
      const location = response.headers.get('location');
      if (!REDIRECTS.has(response.status) || location === null) {
        if ((request.accept ?? [200]).includes(response.status)) return await use(response);
        await response.body?.cancel();
        const asked = {
          subject: request.subject,
          url,
          isHub: url.origin === hub.origin,
          hasToken: hub.options.token !== undefined,
        };
        throw statusError(response, asked, hub.options.clock);
      }
      await response.body?.cancel();
      url = redirected(request.subject, url, location, hop);
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw isConnectionFault(cause) ? unreachable({ subject: request.subject, url }, faultOf(cause), cause) : cause;
  }
}

function ask({ agent, origin, options }: Hub, { headers }: HubRequest, url: URL, signal: AbortSignal): Promise<Response> {
  const own = options.token !== undefined && url.origin === origin ? { authorization: `Bearer ${options.token}` } : {};
  return fetch(url.href, {
    dispatcher: agent,
    redirect: 'manual',
    signal,
    // Sizes and ranges are those of the file only as long as nobody compresses it on the way.
    headers: { 'user-agent': options.userAgent, 'accept-encoding': 'identity', ...headers?.(), ...own },
  });
}

/** Redirects lead to the files' own hosts, and from an old name of a model to its present one. */
function redirected(subject: string, from: URL, location: string, hop: number): URL {
  const refuse = (why: string): BarographError =>
    new BarographError('E_HUB_REFUSED', `${subject}: ${from.host} redirects ${why}.`, { facts: { host: from.host } });
  const next = URL.parse(location, from.href);
  if (next === null || (next.protocol !== 'http:' && next.protocol !== 'https:') || next.username !== '' || next.password !== '')
    throw refuse('to what is no plain web address');
  if (from.protocol === 'https:' && next.protocol === 'http:') throw refuse('from https to http');
  if (hop >= MAX_REDIRECTS) throw refuse(`more than ${MAX_REDIRECTS} times`);
  return next;
}
