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
  // Feeds
  E_FEED_UNREACHABLE: entry(
    'retry',
    'A feed did not answer: no connection, no such host, or no answer in time.',
    'Check the URL and the network; the feed is asked again later.',
  ),
  E_FEED_STATUS: entry(
    'retry',
    'A feed answered with an HTTP error.',
    'Open the URL in a browser; 403 and 404 usually mean that the feed moved.',
  ),
  E_FEED_TOO_LARGE: entry(
    'retry',
    'A feed is larger, once decompressed, than the limit.',
    'Raise max_size of this feed if it is meant to be that large.',
  ),
  E_FEED_REDIRECTS: entry('retry', 'A feed redirects too often, or in a circle.', 'Configure the address that it leads to.'),
  E_FEED_FORBIDDEN: entry(
    'retry',
    'A feed resolves to a private or loopback address, which is refused.',
    'If that is meant, set allow_private: true on this feed.',
  ),
  E_FEED_MALFORMED: entry(
    'retry',
    'What a feed sent is no RSS, Atom or RDF.',
    'Open the URL: a web page in place of a feed usually means that the feed moved.',
  ),
  // Records
  E_RECORD_INVALID: entry(
    'dead-letter',
    'A record of the log, or a row of a file, does not have the fields that its kind needs.',
    'See the reason with `barograph dead-letter show`; mend the producer, then requeue.',
  ),
  // Log and stores
  E_LOG_UNAVAILABLE: entry(
    'retry',
    'The event log cannot be reached.',
    'Check that it runs, and its address; pipelines try again by themselves.',
  ),
  E_LOG_REFUSED: entry(
    'stop',
    'Kafka refused the login, or does not allow what is needed.',
    'Check mechanism, its user or token in log.kafka, and the access rules of the cluster.',
  ),
  E_LOG_NOT_SET_UP: entry('stop', 'Kafka lacks a topic that is needed.', 'Run `barograph setup`.'),
  E_STORE_UNAVAILABLE: entry(
    'retry',
    'The store cannot be reached.',
    'Check that it runs, and its address; pipelines try again by themselves.',
  ),
  E_STORE_REFUSED: entry(
    'stop',
    'Elasticsearch refused the login, does not allow what is needed, or is of a version that is not known.',
    'Check store.elasticsearch and the roles of its user.',
  ),
  E_DOCUMENT_REJECTED: entry(
    'dead-letter',
    'Elasticsearch will never take a document: it does not fit the mapping of its index.',
    'Run `barograph setup`; if that changes nothing, the message names the field.',
  ),
  E_DISK_FULL: entry(
    'stop',
    'The disk, or the quota of the data folder, is full.',
    'Free some space and start again: nothing that was acknowledged is lost.',
  ),
  E_DATA_CORRUPT: entry(
    'stop',
    'A database file of the data folder is damaged or is no database.',
    'Restore the folder from a backup, or move it away and replay the feeds.',
  ),
  E_DATA_LOCKED: entry('stop', 'The data folder cannot be opened for writing.', 'Check the owner and permissions of the folder.'),
  // Notify
  E_NOTIFY_FAILED: entry(
    'retry',
    'A channel did not take an alert: timeout, 429, 5xx or a reset connection.',
    'It is tried again with back-off.',
  ),
  E_NOTIFY_REFUSED: entry(
    'dead-letter',
    'A channel will never take this message: the address or the token is wrong.',
    'Mend the notifier, then `barograph dead-letter requeue`.',
  ),
  // Configuration and command line
  E_CONFIG_INVALID: entry(
    'stop',
    'The configuration has faults.',
    'Each is listed with its line; `barograph validate` checks again.',
  ),
  E_CONFIG_MISSING: entry('stop', 'The configuration file does not exist.', 'Run `barograph init` to write one.'),
  E_USAGE: entry('stop', 'The command line cannot be understood.', 'See --help of the command.'),
  E_INPUT_MISSING: entry('stop', 'An input file does not exist or cannot be read.', 'Check the path.'),
  E_INPUT_INVALID: entry(
    'stop',
    'An input file is not in the format that was expected.',
    'The message names the file and what was expected; mend the file, or choose another column or format.',
  ),
  E_OUTPUT_FAILED: entry('stop', 'A result could not be written.', 'Check the folder and the free space.'),
  E_PORT_IN_USE: entry(
    'stop',
    'The address of the dashboard is taken.',
    'Stop the other program, or choose another with --port or web.port.',
  ),
  E_PIPELINE_FAILED: entry(
    'stop',
    'A pipeline failed and could not be restarted.',
    'See the cause; nothing that was acknowledged is lost.',
  ),
  // Model
  E_CHECKPOINT_INVALID: entry(
    'stop',
    'A checkpoint cannot be read: bad header, wrong shape, missing tensor or a value that is not finite.',
    'Fetch the checkpoint again; the message names the tensor.',
  ),
  E_HUB_UNREACHABLE: entry(
    'retry',
    'The model hub did not answer, or not now: no connection, a time limit, HTTP 429 or 5xx.',
    'Check the network and HF_ENDPOINT, then pull again: it goes on where it stopped.',
  ),
  E_HUB_REFUSED: entry(
    'stop',
    'The model hub does not give out this model, or has nothing of it that can be used.',
    'The message says what is missing; private and gated models need HF_TOKEN.',
  ),
  E_DOWNLOAD_CORRUPT: entry(
    'stop',
    'A file of a model has not the size or the checksum that the hub announced.',
    'It was removed: pull again; if it persists, look for a proxy or a mirror that changes files.',
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
  E_TRAINING_DIVERGED: entry(
    'stop',
    'While a model was trained its loss became infinite or no number.',
    'Lower the learning rate or lengthen the warm-up; the best model before is kept.',
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
