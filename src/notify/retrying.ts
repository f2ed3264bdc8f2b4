import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../domain/clock.ts';
import { BarographError } from '../domain/errors.ts';
import type { Notifier } from './port.ts';

export interface RetryOptions {
  /** Attempts in all; 6 by default. */
  readonly attempts?: number;
  /** No attempt begins later than this after the first; 2 minutes by default. */
  readonly deadlineMs?: number;
  /** Wait after the first failure; doubles with each. 1 second by default. */
  readonly firstWaitMs?: number;
  readonly clock: Clock;
  /** 0 to 1, as `Math.random`; each wait is shortened by up to a half of it. */
  readonly random: () => number;
  /** Given by tests. Rejects when the signal aborts. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * A notifier that tries again: the only layer that does. Only `E_NOTIFY_FAILED` is tried again, never before its `retryAfterMs`; what
 * it rejects with in the end is the last failure. Aborting ends a wait at once. After an attempt whose outcome is not known
 * (`uncertain`) the next is marked as a possible repeat.
 */
export function retrying(notifier: Notifier, options: RetryOptions): Notifier {
  const { attempts = 6, deadlineMs = 120_000, firstWaitMs = 1000, clock, random } = options;
  const wait = options.wait ?? ((ms, signal) => sleep(ms, undefined, { signal }));
  return {
    name: notifier.name,
    async deliver(alert, context, signal) {
      const startedAt = clock.now();
      let { repeat } = context;
      for (let attempt = 1; ; attempt++) {
        try {
          return await notifier.deliver(alert, { ...context, repeat }, signal);
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof BarographError) || error.code !== 'E_NOTIFY_FAILED' || attempt >= attempts) throw error;
          const asked = typeof error.facts.retryAfterMs === 'number' ? error.facts.retryAfterMs : 0;
          const backOff = firstWaitMs * 2 ** (attempt - 1) * (1 - random() / 2);
          const waitMs = Math.max(asked, backOff);
          if (clock.now() - startedAt + waitMs > deadlineMs) throw error;
          repeat ||= error.facts.uncertain === true;
          await wait(waitMs, signal).catch((interrupted: unknown) => {
            signal.throwIfAborted();
            throw interrupted;
          });
        }
      }
    },
    close: () => notifier.close(),
  };
}
