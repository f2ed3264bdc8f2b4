import { createRequire } from 'node:module';
import { systemClock } from '../../domain/clock.ts';

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as { readonly prototype: RequestQueue };
const schedule = prototype.scheduleCheckPendingRequests;

/*
 * kafkajs 2.2.4 looks after the pending requests of every connection by a timer that has no delay when nothing is pending: it fires each
 * millisecond for ever, and Node warns of a negative timeout (tulios/kafkajs issue 1751). With nothing to wait for no timer is needed.
 */
prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.pending.length > 0 || this.throttledUntil > systemClock.now()) schedule.call(this);
};
