import type { Instant } from '../domain/article.ts';
import { parseDate } from './dates.ts';

const HOUR_MS = 3_600_000;
/** A server may ask for patience, but not for ever. */
const MAX_RETRY_AFTER_MS = 24 * HOUR_MS;
const JITTER = 0.1;

/** When to poll again after a success: an interval from now, moved by up to a tenth, so that feeds spread out by themselves. */
export function nextPoll(now: Instant, intervalMs: number, random: () => number): Instant {
  return now + Math.round(intervalMs * (1 - JITTER + 2 * JITTER * random()));
}

/**
 * When to poll again after the `failures`-th failure in a row: the interval doubles with each, up to an hour (or the interval, if
 * longer), moved as above; never before what the server asked for.
 */
export function nextAttempt(
  now: Instant,
  intervalMs: number,
  failures: number,
  retryAfterMs: number,
  random: () => number,
): Instant {
  const longest = Math.max(HOUR_MS, intervalMs);
  const backOff = Math.min(longest, intervalMs * 2 ** Math.min(failures, 20));
  return Math.max(nextPoll(now, backOff, random), now + Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
}

/** Milliseconds that a `Retry-After` header asks to wait: seconds or a date; 0 when it says nothing that can be read. */
export function retryAfterMs(header: string, now: Instant): number {
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1000;
  const at = parseDate(header);
  return at === undefined ? 0 : Math.max(0, at - now);
}
