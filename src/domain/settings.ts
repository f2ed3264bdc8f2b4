/**
 * What the fold's decisions depend on. Recorded in `news.scored` whenever it changes, so that the log alone decides what
 * is stored: a replay and `verify` need no configuration.
 */
export interface LedgerSettings {
  /** Width of a bucket. */
  readonly bucketMs: number;
  /** An article published longer ago than this, on the log's clock, is late: it corrects its rollup and opens no alert. */
  readonly latenessMs: number;
  /** How long a story takes further articles after its newest one. */
  readonly storyWindowMs: number;
  /** How long an article's id is remembered, so that a repeat is folded once. */
  readonly dedupeWindowMs: number;
  /** Trailing windows that are tested, ascending; multiples of the bucket. */
  readonly windowsMs: readonly number[];
  /** Fewer negative stories than this never make a surge. */
  readonly minStories: number;
  /** False alerts a day that the team can bear. */
  readonly budgetPerDay: number;
  /** No alert is opened before the log's clock has run this long. */
  readonly warmUpMs: number;
  /** An alert resolves once its series has been calm for this long. */
  readonly resolveAfterMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const DEFAULT_LEDGER_SETTINGS: LedgerSettings = {
  bucketMs: 5 * MINUTE,
  latenessMs: HOUR,
  storyWindowMs: 48 * HOUR,
  dedupeWindowMs: 7 * 24 * HOUR,
  windowsMs: [HOUR, 6 * HOUR, 24 * HOUR],
  minStories: 5,
  budgetPerDay: 1,
  warmUpMs: 24 * HOUR,
  resolveAfterMs: HOUR,
};
