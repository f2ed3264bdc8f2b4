import type { ErrorCode } from '../../domain/errors.ts';
import type { Bundle } from '../bundle/load-bundle.ts';
import type { ClassifyInput } from './port.ts';

/** What a worker is started with. */
export interface ScorerOptions {
  readonly bundle: Bundle;
  readonly threads: number;
  /** Threads for a request that finds every worker idle: nobody else needs them. */
  readonly threadsAlone: number;
  readonly maxBatchTokens: number;
}

/** To the worker: what to score. */
export interface ScoreRequest {
  readonly id: number;
  readonly inputs: readonly ClassifyInput[];
  /** Whether nothing else is being scored: all cores are its own. */
  readonly alone: boolean;
}

/** An error as it crosses the thread. */
export interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
}

/** From the worker: first `ready` or `broken` (it could not start), then an answer to each request. */
export type ScorerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'broken'; readonly error: SentError }
  | { readonly kind: 'scores'; readonly id: number; readonly rows: Float64Array }
  | { readonly kind: 'failed'; readonly id: number; readonly error: SentError };
