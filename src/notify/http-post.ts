import { Agent, fetch, type Response } from 'undici';
import type { Clock } from '../domain/clock.ts';
import { BarographError, type Facts } from '../domain/errors.ts';

/** What a delivery over HTTP needs besides its message. */
export interface PostOptions {
  readonly name: string;
  /** Often a credential: never in a message, a fact or a log. */
  readonly url: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Posts JSON to one address. */
export interface Poster {
  /**
   * Resolves when the other side has answered with 2xx. Rejects with `E_NOTIFY_FAILED` (408, 425, 429, 5xx, timeout, broken
   * connection; facts: `status`, `retryAfterMs`, and `uncertain` when it may have been delivered all the same), with
   * `E_NOTIFY_REFUSED` (any other status), or with the signal's reason.
   */
  post(body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const RETRYABLE: ReadonlySet<number> = new Set([408, 425, 429]);

/** No retries here: `retrying` is the one layer that has them. */
export function httpPoster(options: PostOptions): Poster {
  const agent = new Agent({ connections: 2, allowH2: false, keepAliveTimeout: 10_000, connect: { timeout: options.timeoutMs } });
  return {
    async post(body, headers, signal) {
      const timeout = AbortSignal.timeout(options.timeoutMs);
      let response: Response;
      try {
        response = await fetch(options.url, {
          method: 'POST',
          body,
          headers: { 'content-type': 'application/json', 'user-agent': 'Barograph/0.1', ...headers },
          redirect: 'manual',
          dispatcher: agent,
          signal: AbortSignal.any([signal, timeout]),
        });
      } catch (cause) {
        signal.throwIfAborted();
        const what = timeout.aborted
          ? `did not answer within ${options.timeoutMs / 1000} s`
          : `could not be reached (${reason(cause)})`;
        throw failed(options, what, { uncertain: timeout.aborted || mayHaveArrived(cause) }, cause);
      }
      const answer = await readAnswer(response);
      if (response.ok) return;
      throw statusError(options, response, answer);
    },
    async close() {
      await agent.destroy();
    },
  };
}

function statusError(options: PostOptions, response: Response, answer: string): BarographError {
  const { status } = response;
  const said = `answered with HTTP ${status}${answer === '' ? '' : ` (${answer})`}`;
  if (!RETRYABLE.has(status) && status < 500) {
    return new BarographError('E_NOTIFY_REFUSED', `${options.name} ${said}.`, { facts: { notifier: options.name, status } });
  }
  const retryAfterMs = retryAfter(response.headers.get('retry-after') ?? '', options.clock);
  return failed(options, said, { status, uncertain: status >= 500, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}

function failed(options: PostOptions, what: string, facts: Facts, cause?: unknown): BarographError {
  return new BarographError('E_NOTIFY_FAILED', `${options.name} ${what}.`, {
    cause,
    facts: { notifier: options.name, ...facts },
  });
}

/** The first line of an answer, for the message; an answer is never trusted nor read to the end. */
async function readAnswer(response: Response): Promise<string> {
  try {
    for await (const chunk of response.body ?? []) {
      const line = new TextDecoder().decode(chunk.subarray(0, 400)).split('\n', 1)[0] ?? '';
      return line
        .replace(/\p{Cc}/gu, ' ')
        .trim()
        .slice(0, 200);
    }
  } catch {
    // The status is known, and it decides; the rest of the answer was for people.
  }
  return '';
}

/** Milliseconds of a `Retry-After`: seconds, or a date of HTTP. */
function retryAfter(header: string, clock: Clock): number | undefined {
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1000;
  const at = header === '' ? Number.NaN : Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - clock.now());
}

/** The code, else the deepest message: undici hides what happened two causes deep. Neither holds the address. */
function reason(error: unknown): string {
  let deepest = 'connection failed';
  for (let at: unknown = error; at instanceof Error; at = at.cause) deepest = at.message;
  return code(error) ?? deepest;
}

/** Whether a request may have left before the connection broke: not when none was made. */
function mayHaveArrived(error: unknown): boolean {
  return !['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'].includes(
    code(error) ?? '',
  );
}

function code(error: unknown): string | undefined {
  let found: string | undefined;
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if ('code' in at && typeof at.code === 'string') found = at.code;
  return found;
}
