/**
 * Every failure that a user or an operator can meet has one code here. The fate decides what a pipeline does with it:
 * `retry` (back off, then again), `dead-letter` (this message is bad; keep it with its reason and go on) or `stop`
 * (a bug or a bad configuration; going on would do harm). `docs/errors.md` is made from this table.
 */
export type Fate = 'retry' | 'dead-letter' | 'stop';

interface Entry {
  readonly fate: Fate;
  readonly means: string;
  readonly todo: string;
}

const entry = (fate: Fate, means: string, todo: string): Entry => ({ fate, means, todo });

export const ERRORS = {
  // Model
  E_CHECKPOINT_INVALID: entry(
    'stop',
    'A checkpoint cannot be read: bad header, wrong shape, missing tensor or a value that is not finite.',
    'Fetch the checkpoint again; the message names the tensor.',
  ),
  E_BUNDLE_MISSING: entry(
    'stop',
    'The folder of a model bundle, or a file in it, does not exist.',
    'Give the folder of a bundle with --model, or restore models/default.',
  ),
  E_BUNDLE_ALTERED: entry(
    'stop',
    'A file of a bundle does not match its SHA256SUMS: it was truncated or changed.',
    'Restore the bundle from its source; do not edit its files.',
  ),
  E_BUNDLE_INVALID: entry(
    'stop',
    'A bundle is whole but its configuration or model cannot be used.',
    'The message names the field; rebuild the bundle with this version.',
  ),
  E_MODEL_FAILED: entry(
    'retry',
    'The runtime failed while it scored a batch.',
    'The batch is tried again; if it persists, look at the cause and at free memory.',
  ),
} as const satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof ERRORS;

/** Facts that a message was made of, for logs and for callers that decide by them. */
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

/** The one error of this project. Callers decide by `code` or `fate`, never by the message. */
export class BarographError extends Error {
  readonly code: ErrorCode;
  readonly facts: Facts;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; facts?: Facts } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BarographError';
    this.code = code;
    this.facts = options.facts ?? {};
  }

  get fate(): Fate {
    return ERRORS[this.code].fate;
  }

  get retryable(): boolean {
    return this.fate === 'retry';
  }
}
