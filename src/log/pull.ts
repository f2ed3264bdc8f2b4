import { setImmediate as nextTurn } from 'node:timers/promises';
import { Observable } from 'rxjs';
import type { Delivery, Subscription } from './port.ts';

export interface PullOptions {
  /** Records that may be read and not yet acknowledged. At the bound the source is not read: nothing is buffered. */
  readonly maxInFlight: number;
  /** Records taken at one read. */
  readonly maxBatch: number;
  /** Stops reading; the stream completes, and what is in flight may still be acknowledged. */
  readonly stop: AbortSignal;
}

/**
 * Reads a subscription as a stream. RxJS has no backpressure, so a permit is taken before each read and given back by
 * the acknowledgement: a slow step further down stops the reading, wherever it stands. Errors of the log end the stream.
 */
export function pull(subscription: Subscription, options: PullOptions): Observable<Delivery> {
  return new Observable((subscriber) => {
    const unsubscribed = new AbortController();
    const signal = AbortSignal.any([options.stop, unsubscribed.signal]);
    let permits = options.maxInFlight;
    let freed: (() => void) | undefined;
    const release = (): void => {
      permits += 1;
      freed?.();
    };
    const permit = async (): Promise<void> => {
      while (permits === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          freed = resolve;
        });
      }
    };
    signal.addEventListener('abort', () => freed?.(), { once: true });
    const read = async (): Promise<void> => {
      while (!signal.aborted) {
        await permit();
        if (signal.aborted) break;
        const deliveries = await subscription.next(Math.min(permits, options.maxBatch), signal);
        if (deliveries.length === 0 && !signal.aborted) break; // closed by its owner
        permits -= deliveries.length;
        for (const delivery of deliveries) subscriber.next(releasing(delivery, release));
        await nextTurn(); // an embedded log answers at once: without a pause the others on this thread would wait
      }
      subscriber.complete();
    };
    read().catch((error: unknown) => subscriber.error(error));
    return () => unsubscribed.abort();
  });
}

function releasing(delivery: Delivery, release: () => void): Delivery {
  let released = false;
  return {
    record: delivery.record,
    ack: () => {
      delivery.ack();
      if (released) return;
      released = true;
      release();
    },
  };
}
