/** What is to be scored: a text, or a text and an entity in it whose sentiment is asked for. */
export interface ClassifyInput {
  /** Any string: it is prepared and cut here (text-preparation.ts). */
  readonly text: string;
  /**
   * The company or instrument that the sentiment is asked about, as the text calls it. Blank is none. A bundle that was not
   * trained on entities answers with the text's sentiment.
   */
  readonly entity?: string;
}

/** Whether an entity is asked about. */
export function asksEntity({ entity = '' }: ClassifyInput): boolean {
  return entity.trim() !== '';
}

/** Calibrated probabilities, rounded to 4 decimals each. */
export interface Score {
  readonly sentiment: { readonly negative: number; readonly neutral: number; readonly positive: number };
  /**
   * Every topic of the bundle, most probable first; equal ones in the order of the bundle's labels. Topics are a text's: none
   * where an entity was asked about.
   */
  readonly topics: readonly { readonly label: string; readonly p: number }[];
}

/**
 * A bundle that answers. A score is a function of text and bundle alone: not of the batch, the padding, the threads, the order
 * or the load (design page).
 */
export interface Classifier {
  /** Name and fingerprint of the bundle, `default@0123456789ab`. */
  readonly version: string;
  readonly labels: { readonly topics: readonly string[] };
  /**
   * Scores in the order of the inputs. May be called again before it has answered. Never blocks the event loop.
   * Rejects with E_MODEL_FAILED (retryable: the worker is started anew on the next call), with the signal's reason on abort,
   * which drops what has not started yet, and after close().
   */
  classify(inputs: readonly ClassifyInput[], signal?: AbortSignal): Promise<readonly Score[]>;
  /** Stops the workers; calls in flight reject. Safe to call twice. */
  close(): Promise<void>;
}

/** Texts of a batch as token ids, padded at the end to the longest. */
export interface EncodedBatch {
  readonly batch: number;
  readonly tokens: number;
  /** (batch, tokens), as are the others. */
  readonly ids: BigInt64Array;
  /** 1 for a token of the text, 0 for padding. */
  readonly mask: BigInt64Array;
  readonly types: BigInt64Array;
  /** 1 for a token that the heads read. */
  readonly pooled: BigInt64Array;
}

/**
 * A loaded model, whatever runs it. `run` gives one (batch, tokens, hidden) array for each hidden state that the model puts
 * out; it rejects with E_MODEL_FAILED. One run at a time. The adapter of onnxruntime-node blocks its thread while it runs,
 * so it is used inside a worker thread.
 */
export interface Session {
  run(batch: EncodedBatch): Promise<readonly Float32Array[]>;
  close(): Promise<void>;
}
