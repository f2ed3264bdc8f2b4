import type { Instant } from '../domain/article.ts';
import type { Doc, DocKind, DocOf } from '../domain/doc.ts';
import { BarographError } from '../domain/errors.ts';
import type { SeriesKey } from '../domain/series.ts';
import type { Alert, AlertStatus, SeriesPoint, Story } from '../domain/trends.ts';

export interface SeriesTotal extends Omit<SeriesPoint, 'start'> {
  readonly series: SeriesKey;
}

export interface SeriesQuery {
  readonly series: SeriesKey;
  readonly from: Instant;
  /** Exclusive. */
  readonly to: Instant;
  /** Width of the points returned; a multiple of the bucket. */
  readonly widthMs: number;
}

export interface StoryQuery {
  readonly series?: SeriesKey;
  /** Only stories published before. */
  readonly before?: Instant;
  readonly limit: number;
}

export interface AlertQuery {
  readonly status?: AlertStatus;
  readonly series?: SeriesKey;
  /** Only alerts opened at or after. */
  readonly from?: Instant;
  readonly limit: number;
}

/** Documents that a store will never take; the others of their batch are written. */
export class DocumentsRejected extends BarographError {
  readonly rejected: readonly { readonly doc: Doc; readonly reason: string }[];

  constructor(rejected: DocumentsRejected['rejected']) {
    const [{ doc, reason } = { doc: undefined, reason: '' }] = rejected;
    const count = rejected.length === 1 ? 'a document' : `${rejected.length} documents`;
    super('E_DOCUMENT_REJECTED', `The store does not take ${count}: ${doc?.kind} ${doc?.id}: ${reason}`);
    this.rejected = rejected;
  }
}

/**
 * Stories, trends and alerts, as the ledger wrote them. Errors: `E_STORE_UNAVAILABLE` (retryable), `E_DISK_FULL`,
 * `E_DATA_CORRUPT`.
 */
export interface TrendStore {
  /**
   * Writes each document unless the store holds the same id with an equal or newer version: a late write of an older
   * owner changes nothing, and so does a repeat. What was written outlives the process; it outlives a loss of power after
   * `flush`. One batch may hold a document once only. Rejects with `DocumentsRejected` when some are against the store's rules.
   */
  write(docs: readonly Doc[]): Promise<void>;
  /** Makes everything written durable, whatever happens. The ledger flushes before it takes a snapshot. */
  flush(): Promise<void>;
  get<K extends DocKind>(kind: K, id: string): Promise<DocOf<K> | undefined>;
  /** Every document of a kind, in the order of `compareDocs`, in chunks. */
  scan<K extends DocKind>(kind: K): AsyncIterable<readonly DocOf<K>[]>;
  count(kind: DocKind): Promise<number>;
  /** Points with at least one article, by start. */
  series(query: SeriesQuery): Promise<readonly SeriesPoint[]>;
  /** Every series with an article in [from, to), the busiest first. */
  totals(query: { readonly from: Instant; readonly to: Instant; readonly limit: number }): Promise<readonly SeriesTotal[]>;
  /** Newest published first. */
  stories(query: StoryQuery): Promise<readonly Story[]>;
  /** Newest opened first. */
  alerts(query: AlertQuery): Promise<readonly Alert[]>;
  /**
   * Stories and alerts whose version is above `after`, oldest version first: what happened since. Versions are offsets
   * of the log, so a reader's cursor survives a restart.
   */
  changes(query: { readonly after: number; readonly limit: number }): Promise<readonly DocOf<'story' | 'alert'>[]>;
  /** The highest version written, −1 when empty. */
  latest(): Promise<number>;
  close(): Promise<void>;
}
