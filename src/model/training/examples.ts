/** A text to learn from, or to be measured on. */
export interface Example {
  /** Token ids, special tokens included. */
  readonly ids: readonly number[];
  /** By head: the index of its class. A head that is not named here learns nothing from this text. */
  readonly labels: Readonly<Record<string, number>>;
}
