import { setTimeout as sleep } from 'node:timers/promises';
import { BarographError } from '../../domain/errors.ts';

export interface Patience {
  /** 0 to 1, as `Math.random`; each wait is shortened by up to a half of it. */
  readonly random: () => number;
  /** Given by tests. Rejects when the signal aborts. */
  readonly wait?: ((ms: number, signal: AbortSignal) => Promise<unknown>) | undefined;
}

/** Attempts in a row that may bring nothing. */
export const TRIES = 5;
const FIRST_WAIT_MS = 1000;
/** Whoever asks for more patience is asked again by the user, not by us. */
const LONGEST_WAIT_MS = 60_000;
/** So much of a download makes an attempt a good one, although it broke off. */
const ENOUGH_BYTES = 2 ** 20;

/**
 * Repeats what failed with E_HUB_UNREACHABLE, with waits that double and are never shorter than its `retryAfterMs`; the one layer that
 * does. Rejects with the last failure after `tries` of them in a row, at once with any other error, and with the signal's reason.
 *
 * @param gained bytes that are there so far: a long download over a bad line fails often, and gets on all the same.
 */
export async function tryAgain<T>(
  attempt: () => Promise<T>,
  { random, wait = (ms, signal) => sleep(ms, undefined, { signal }) }: Patience,
  { tries, gained, signal }: { readonly tries: number; readonly gained: () => number; readonly signal: AbortSignal },
): Promise<T> {
  let failures = 0;
  for (;;) {
    const before = gained();
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof BarographError) || error.code !== 'E_HUB_UNREACHABLE') throw error;
      failures = gained() - before >= ENOUGH_BYTES ? 1 : failures + 1;
      const asked = typeof error.facts.retryAfterMs === 'number' ? error.facts.retryAfterMs : 0;
      if (failures >= tries || asked > LONGEST_WAIT_MS) throw error;
      const backOff = FIRST_WAIT_MS * 2 ** (failures - 1) * (1 - random() / 2);
      await wait(Math.max(asked, backOff), signal).catch((interrupted: unknown) => {
        signal.throwIfAborted();
        throw interrupted;
      });
    }
  }
}
