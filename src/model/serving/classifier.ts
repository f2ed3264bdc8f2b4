import { availableParallelism } from 'node:os';
import { loadBundle } from '../bundle/load-bundle.ts';
import { cutBatches } from './batches.ts';
import { asksEntity, type Classifier, type ClassifyInput, type Score } from './port.ts';
import { openScorerPool, type ScorerPool } from './scorer-pool.ts';
import { scoreOfRow } from './scores.ts';

export interface ClassifierOptions {
  /** Folder of the bundle. */
  readonly bundle: string;
  /** Threads with a model each; by default one a core, at most 4. */
  readonly workers?: number;
  /** Threads that one model may use; by default the cores divided by the workers. */
  readonly threads?: number;
  /** Padded tokens of a batch. */
  readonly maxBatchTokens?: number;
}

/** Measured in docs/model.md: half and twice as many were within the noise. */
const MAX_BATCH_TOKENS = 512;
/** A batch below this keeps a worker less busy than handing it over costs. */
const MIN_BATCH_TOKENS = 64;

/**
 * Loads a bundle and starts its workers; resolves when they are ready. Throws E_BUNDLE_MISSING, E_BUNDLE_ALTERED or
 * E_BUNDLE_INVALID. The caller closes what it opened: until then the workers keep the process alive.
 */
export async function openClassifier(options: ClassifierOptions): Promise<Classifier> {
  const cores = availableParallelism();
  const workers = options.workers ?? Math.min(4, cores);
  const threads = options.threads ?? Math.max(1, Math.floor(cores / workers));
  const maxBatchTokens = options.maxBatchTokens ?? MAX_BATCH_TOKENS;
  const bundle = loadBundle(options.bundle);
  const pool = openScorerPool(workers, { bundle, threads, threadsAlone: Math.max(threads, cores), maxBatchTokens });
  try {
    await pool.ready();
  } catch (error) {
    await pool.close();
    throw error;
  }
  const { topic } = bundle.config.heads;
  return {
    version: bundle.version,
    labels: { topics: topic.labels },
    classify: (inputs, signal) =>
      classify(inputs, signal, { pool, topics: topic.labels, workers, maxBatchTokens, maxTokens: bundle.config.maxTokens }),
    close: () => pool.close(),
  };
}

interface Scoring {
  readonly pool: ScorerPool;
  readonly topics: readonly string[];
  readonly workers: number;
  readonly maxBatchTokens: number;
  readonly maxTokens: number;
}

async function classify(
  inputs: readonly ClassifyInput[],
  signal: AbortSignal | undefined,
  to: Scoring,
): Promise<readonly Score[]> {
  signal?.throwIfAborted();
  // One part that fails ends the call, so the parts that have not started are dropped as on abort.
  const stop = new AbortController();
  const combined = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const scores = new Array<Score>(inputs.length);
  const width = 3 + to.topics.length;
  const parts = cutParts(inputs, to);
  const scored = parts.map(async (indices) => {
    const rows = await to.pool.score(
      indices.map((index) => plain(inputs[index])),
      combined,
      parts.length === 1,
    );
    for (const [n, index] of indices.entries()) {
      const topics = asksEntity(plain(inputs[index])) ? [] : to.topics;
      scores[index] = scoreOfRow(rows.subarray(n * width, (n + 1) * width), topics);
    }
  });
  try {
    await untilAborted(Promise.all(scored), signal);
  } catch (error) {
    stop.abort(error);
    throw error;
  }
  return scores;
}

/** Without what else the caller's object holds: it crosses to another thread. */
function plain({ text, entity }: ClassifyInput = { text: '' }): ClassifyInput {
  return entity === undefined ? { text } : { text, entity };
}

/**
 * Shares the texts out: of about equal length, so that little is padded, and few enough that every worker gets some. Which texts
 * stand together decides nothing but the time, so a guess of their tokens by their characters will do.
 */
function cutParts(
  inputs: readonly ClassifyInput[],
  { workers, maxBatchTokens, maxTokens }: Scoring,
): readonly (readonly number[])[] {
  const guesses = inputs.map(({ text, entity = '' }) => Math.min(maxTokens, 2 + Math.ceil((text.length + entity.length) / 5)));
  const share = Math.ceil(guesses.reduce((sum, guess) => sum + guess, 0) / workers);
  return cutBatches(guesses, Math.min(maxBatchTokens, Math.max(MIN_BATCH_TOKENS, share)));
}

/** The promise, or the signal's reason as soon as it is aborted. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
