import type { Response } from 'undici';
import type { Clock } from '../../domain/clock.ts';
import { BarographError, type Facts } from '../../domain/errors.ts';

/** What a request was about, for the message of its error. */
export interface Asked {
  /** `owner/name@revision`, or a file of it. */
  readonly subject: string;
  /** Who answered: the hub, or another host that it redirects to. */
  readonly url: URL;
  readonly isHub: boolean;
  readonly hasToken: boolean;
}

const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429]);
const GET_TOKEN = 'Set HF_TOKEN, or give --token-file, to a token that may read it';

/**
 * The error of a status that is no success: E_HUB_UNREACHABLE (408, 425, 429, 5xx; fact `retryAfterMs` when the server says it), else
 * E_HUB_REFUSED. The codes in `X-Error-Code` are those that huggingface_hub reads (utils/_http.py).
 */
export function statusError({ status, headers }: Response, asked: Asked, clock: Clock): BarographError {
  const { subject, url, isHub, hasToken } = asked;
  const said = cleaned(headers.get('x-error-message') ?? '');
  const facts: Facts = { status, host: url.host };
  const refuse = (why: string): BarographError =>
    new BarographError('E_HUB_REFUSED', `${subject}: ${why}${said === '' ? '' : ` (the hub says: ${said})`}.`, { facts });
  if (TRANSIENT.has(status) || status >= 500) {
    const retryAfterMs = retryAfter(headers.get('retry-after') ?? '', clock);
    const wait = retryAfterMs === undefined ? '' : `, and asks to wait ${Math.ceil(retryAfterMs / 1000)} s`;
    return new BarographError('E_HUB_UNREACHABLE', `${subject}: ${url.host} answers with HTTP ${status}${wait}.`, {
      facts: { ...facts, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    });
  }
  if (!isHub) return refuse(`${url.host}, where the hub keeps this file, answers with HTTP ${status}`);
  const code = headers.get('x-error-code') ?? '';
  if (status === 403 || code === 'GatedRepo') {
    const todo = hasToken ? "Ask for access, or accept the terms, on the model's page with the account of the token" : GET_TOKEN;
    return refuse(`the hub refuses access (HTTP ${status}). ${todo}`);
  }
  // The hub answers 401 to strangers for what is private and for what does not exist.
  if (status === 401) {
    return refuse(
      hasToken
        ? 'the hub does not accept the token (HTTP 401), or there is no such model'
        : `there is no such model, or it is private or gated (HTTP 401). ${GET_TOKEN}`,
    );
  }
  if (code === 'RevisionNotFound') return refuse('the model has no such revision');
  if (code === 'EntryNotFound') return refuse('the model has no such file any more');
  if (status === 404) return refuse(`${url.host} has no such model or revision (HTTP 404)`);
  return refuse(`${url.host} answers with HTTP ${status}`);
}

/** A connection that failed, or took too long. */
export function unreachable({ subject, url }: Pick<Asked, 'subject' | 'url'>, what: string, cause?: unknown): BarographError {
  return new BarographError('E_HUB_UNREACHABLE', `${subject}: ${url.host} ${what}.`, { cause, facts: { host: url.host } });
}

/** Whether undici threw because of the network; a fault of our own is not to be tried again. */
export function isConnectionFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    (error instanceof TypeError && error.cause instanceof Error) ||
    codeOf(error).startsWith('UND_ERR') ||
    error.name === 'TimeoutError'
  );
}

/** What happened, for a person; undici hides it two causes deep. */
export function faultOf(error: unknown): string {
  let deepest = error;
  for (let at: unknown = error; at instanceof Error; at = at.cause) deepest = at;
  const code = codeOf(deepest);
  if (code === 'ENOTFOUND') return 'is unknown: there is no such host, or no network';
  if (code.includes('TIMEOUT') || (deepest instanceof Error && deepest.name === 'TimeoutError')) return 'did not answer in time';
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET') return 'broke off the connection';
  const message = deepest instanceof Error ? deepest.message : String(deepest);
  return `cannot be reached (${message === '' ? code : message})`;
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Milliseconds of a `Retry-After`: seconds, or a date of HTTP. */
function retryAfter(header: string, clock: Clock): number | undefined {
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1000;
  const at = header === '' ? Number.NaN : Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - clock.now());
}

/** One line of a server's text. */
function cleaned(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 200)
    .replace(/\.$/, '');
}
