import type { Instant } from '../domain/article.ts';

/** The topics of the log. `news.scored` has one partition: its offsets are THE order. */
export type Topic = 'news.raw' | 'news.scored' | 'news.labelled' | 'alerts' | 'dead-letter';

export interface NewRecord {
  /** Decides the partition; records with one key keep their order. */
  readonly key: string;
  /** UTF-8 text, JSON for every record that this project writes. */
  readonly value: string;
  /** W3C trace context of what it was made from. Kept by logs that have headers; nothing is decided by it. */
  readonly traceparent?: string | undefined;
}

export interface LogRecord extends NewRecord {
  readonly topic: Topic;
  readonly partition: number;
  /** From 0, growing by at least 1 within a partition. */
  readonly offset: number;
  readonly appendedAt: Instant;
}

/** A record together with the function that acknowledges it. What is never acknowledged is delivered again. */
export interface Delivery {
  readonly record: LogRecord;
  /** Call once all effects of the record are durable; any order, any number of times. Never throws. */
  ack(): void;
}

export interface PartitionRange {
  readonly partition: number;
  /** Offset of the oldest record kept. */
  readonly first: number;
  /** Offset that the next record will get. */
  readonly next: number;
}

export interface SubscribeOptions {
  /**
   * Where to begin in a partition instead of the group's position, asked when the partition is assigned. Return
   * `undefined` to keep the group's position. The ledger begins at its snapshot's offset.
   */
  readonly startAt?: (partition: number) => Promise<number | undefined>;
}

/** A group's membership in a topic. One member of a group reads a partition at a time; others stand by. */
export interface Subscription {
  /**
   * The next records in partition order, at least one and at most `max`. Waits until there are any (and until this
   * member is assigned a partition). Resolves to an empty list only when `signal` aborts or the subscription is closed.
   */
  next(max: number, signal: AbortSignal): Promise<readonly Delivery[]>;
  /** Makes durable what has been acknowledged so far, up to the first gap. */
  commit(): Promise<void>;
  /** Commits and leaves the group, so that a stand-by takes over at once. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * An append-only log with groups of readers. Delivery is at least once: a group's position moves only over records that
 * were acknowledged, and only up to the first one that was not. Errors: `E_LOG_UNAVAILABLE` (retryable),
 * `E_DISK_FULL`, `E_DATA_CORRUPT`.
 */
export interface EventLog {
  /** Durable when resolved, in the order given; all or nothing within a partition. */
  append(topic: Topic, records: readonly NewRecord[]): Promise<void>;
  subscribe(topic: Topic, group: string, options?: SubscribeOptions): Promise<Subscription>;
  /**
   * The recorded past of one partition from an offset up to the end as it stands at the call, in chunks; with `follow`, and then what
   * is appended, until that aborts.
   */
  read(topic: Topic, partition: number, from: number, follow?: AbortSignal): AsyncIterable<readonly LogRecord[]>;
  ranges(topic: Topic): Promise<readonly PartitionRange[]>;
  /** The group's position (the next offset it needs) by partition; 0 where it never committed. */
  positions(topic: Topic, group: string): Promise<ReadonlyMap<number, number>>;
  close(): Promise<void>;
}
