import type { Tokens } from '../serving/batches.ts';

/** A text, or a text and an entity in it, to learn from, or to be measured on. */
export interface Example extends Tokens {
  /** By head: the index of its class. A head that is not named here learns nothing from this text. */
  readonly labels: Readonly<Record<string, number>>;
}
