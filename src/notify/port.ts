import type { Alert } from '../domain/trends.ts';

/** What the channel could promise about a delivery (design, "Delivery"). */
export interface DeliveryContext {
  /** A delivery of this version may have happened already (an earlier attempt ended without an answer). */
  readonly repeat: boolean;
  /** What `deliver` returned for this alert before, e.g. a message's timestamp; `undefined` the first time. */
  readonly handle: string | undefined;
}

/** Tells people about an alert. One channel a notifier. */
export interface Notifier {
  /** Stable name from the configuration; deliveries are remembered under it. */
  readonly name: string;
  /**
   * Delivers the alert's present state: opened, updated or resolved. Returns a handle to edit the message later, or
   * `undefined`. Rejects with `E_NOTIFY_FAILED` (retryable: timeout, 429, 5xx, reset) or `E_NOTIFY_REFUSED` (the channel
   * will never take it: goes to the dead-letter log). Aborting ends the attempt; whether it was delivered is unknown then.
   */
  deliver(alert: Alert, context: DeliveryContext, signal: AbortSignal): Promise<string | undefined>;
  close(): Promise<void>;
}
