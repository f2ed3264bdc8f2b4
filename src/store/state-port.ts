import type { Instant } from '../domain/article.ts';

export interface StateRecord {
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  /** Changes with every write; what `put` compares. */
  readonly revision: string;
  readonly expiresAt: Instant | null;
}

export interface PutOptions {
  /** Write only if the record's revision is this one, or only if there is none (`absent`). */
  readonly expect?: string | 'absent';
  /** From then on the record counts as absent. */
  readonly expiresAt?: Instant;
}

/**
 * Small records with compare-and-set and expiry (leases, feed validators, schedules, status), and blobs (snapshots).
 * Keys are paths such as `feed/reuters`. Errors: `E_STORE_UNAVAILABLE` (retryable), `E_DISK_FULL`, `E_DATA_CORRUPT`.
 */
export interface StateStore {
  get(key: string): Promise<StateRecord | undefined>;
  /** The new revision, or `undefined` when the expectation did not hold and nothing was written. */
  put(key: string, value: string, options?: PutOptions): Promise<string | undefined>;
  delete(key: string): Promise<void>;
  /** Live records whose key begins with the prefix, by key. */
  list(prefix: string): Promise<readonly StateRecord[]>;
  /** Replaces the blob whole or not at all. */
  putBlob(key: string, bytes: Uint8Array): Promise<void>;
  getBlob(key: string): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}
