import type { Instant } from './article.ts';

/** Time as an argument. The only reader of the system's clock is `systemClock`. */
export interface Clock {
  now(): Instant;
}

export const systemClock: Clock = { now: () => Date.now() };
