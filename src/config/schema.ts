import { z } from 'zod';
import type { LedgerSettings } from '../domain/settings.ts';
import { logSchema, storeSchema } from './cluster.ts';
import { boolean, duration, httpUrl, integer, positiveNumber, secretText, secretUrl, size, text } from './scalars.ts';

/** What the program is called when it asks for a feed; some publishers (the SEC) want a contact in it: see `user_agent`. */
const USER_AGENT = 'Barograph/0.1 (feed reader)';

const name = (description: string) =>
  text('a name of small letters, digits and hyphens, at most 64', /^[a-z0-9][a-z0-9-]{0,63}$/, description);

const feedSchema = z
  .strictObject({
    name: name('Name of the feed; the source of its articles. Must be unique.'),
    url: httpUrl('Address of the RSS, Atom or RDF feed.'),
    interval: duration('10s', '7d', 'Time between two polls; each is moved by up to a tenth at random.').prefault('5m'),
    timeout: duration('1s', '5m', 'A poll, redirects and body included, ends after this long.').prefault('20s'),
    max_size: size('1KB', '100MB', 'Largest feed that is read, counted after decompression.').prefault('5MB'),
    max_redirects: integer(0, 20, 'Redirects that are followed.').prefault(5),
    allow_private: boolean('Allow addresses of private networks and of this machine.').prefault(false),
    language: text(
      'a language tag such as en or de-CH',
      /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/,
      'Language of the feed, if it does not say.',
    ).optional(),
    user_agent: text(
      'text of at most 200 characters on one line',
      /^[\x20-\x7e]{1,200}$/,
      'User-Agent header; some publishers want a contact in it.',
    ).prefault(USER_AGENT),
  })
  .transform((feed) => ({
    name: feed.name,
    url: feed.url,
    intervalMs: feed.interval,
    timeoutMs: feed.timeout,
    maxBytes: feed.max_size,
    maxRedirects: feed.max_redirects,
    allowPrivate: feed.allow_private,
    language: feed.language ?? '',
    userAgent: feed.user_agent,
  }));

const modelSchema = z
  .strictObject({
    bundle: text(
      'the path of a folder',
      /^.+$/,
      "Folder of the model bundle, relative to this file. Default: the project's own.",
    ).optional(),
    workers: integer(1, 64, 'Worker threads that score. Default: by the number of cores.').optional(),
    max_batch_tokens: integer(64, 1_000_000, 'A batch closes before its padded tokens pass this.').prefault(4096),
    batch_time: duration('0ms', '10s', 'A batch closes this long after its first article.').prefault('20ms'),
    max_in_flight: integer(1, 16_384, 'Articles read and not yet scored; reading pauses there.').prefault(1024),
  })
  .transform((model) => ({
    bundleDir: model.bundle,
    workers: model.workers,
    maxBatchTokens: model.max_batch_tokens,
    batchTimeMs: model.batch_time,
    maxInFlight: model.max_in_flight,
  }));

export const ledgerSchema = z.strictObject({
  bucket: duration('1m', '1d', 'Width of a bucket of the trends; must divide a day.').prefault('5m'),
  lateness: duration('0s', '30d', 'An article published longer ago corrects its bucket but opens no alert.').prefault('1h'),
  story_window: duration('1m', '30d', 'How long a story takes further articles after its newest one.').prefault('48h'),
  dedupe_window: duration('1m', '90d', 'How long an article is remembered, so that a repeat counts once.').prefault('7d'),
});

export const alertsSchema = z.strictObject({
  budget_per_day: positiveNumber(1000, 'False alerts a day that the team can bear.').prefault(1),
  windows: z
    .array(duration('1m', '30d', 'A window, a multiple of the bucket.'))
    .min(1)
    .max(8)
    .meta({ description: 'Trailing windows that are tested, shortest first.' })
    .prefault(['1h', '6h', '24h']),
  min_stories: integer(1, 10_000, 'Fewer negative stories than this never make a surge.').prefault(5),
  warm_up: duration('0s', '90d', 'No alert is opened in the first time of this length.').prefault('24h'),
  resolve_after: duration('1m', '30d', 'An alert resolves once its series has been calm for this long.').prefault('1h'),
});

const timeout = () => duration('1s', '5m', 'A delivery attempt ends after this long.').prefault('10s');

const notifierSchema = z.discriminatedUnion('kind', [
  z
    .strictObject({ kind: z.literal('console'), name: name('Name of the notifier; must be unique.').prefault('console') })
    .meta({ description: 'Prints alerts.' }),
  z
    .strictObject({
      kind: z.literal('slack'),
      name: name('Name of the notifier; must be unique.').prefault('slack'),
      webhook_url: secretUrl("Address of Slack's incoming webhook."),
      timeout: timeout(),
    })
    .meta({ description: 'Posts to a Slack channel by an incoming webhook.' })
    .transform((slack) => ({ kind: slack.kind, name: slack.name, webhookUrl: slack.webhook_url, timeoutMs: slack.timeout })),
  z
    .strictObject({
      kind: z.literal('webhook'),
      name: name('Name of the notifier; must be unique.').prefault('webhook'),
      url: secretUrl('Address that takes a JSON document by POST.'),
      headers: z
        .record(z.string(), secretText('text, as the value of a header', 'Value of the header.'))
        .meta({ description: 'Further headers, such as Authorization.' })
        .prefault({}),
      secret: secretText('text', 'Key of the HMAC-SHA256 signature of the body.').optional(),
      timeout: timeout(),
    })
    .meta({ description: 'Posts alerts as JSON to any address.' })
    .transform((hook) => ({
      kind: hook.kind,
      name: hook.name,
      url: hook.url,
      headers: hook.headers,
      secret: hook.secret,
      timeoutMs: hook.timeout,
    })),
]);

/** The configuration file as a schema; its output is `Config`. */
export const configSchema = z
  .strictObject({
    data: text('the path of a folder', /^.+$/, 'Folder of the embedded log and store, relative to this file.').prefault('./data'),
    log: logSchema.meta({ description: 'Where the log is; by default in the data folder.' }).prefault({}),
    store: storeSchema.meta({ description: 'Where stories and trends are; by default in the data folder.' }).prefault({}),
    feeds: z.array(feedSchema).max(1000).meta({ description: 'The feeds that are polled.' }).prefault([]),
    model: modelSchema.meta({ description: 'The classifier.' }).prefault({}),
    ledger: ledgerSchema.meta({ description: 'Stories and trends.' }).prefault({}),
    alerts: alertsSchema.meta({ description: 'When to warn.' }).prefault({}),
    notify: z
      .array(notifierSchema)
      .max(50)
      .meta({ description: 'Who is told of alerts.' })
      .prefault([{ kind: 'console' }]),
    web: z
      .strictObject({
        host: text('a host name or an IP address', /^[A-Za-z0-9.:_-]{1,253}$/, 'Address that the dashboard listens on.').prefault(
          '127.0.0.1',
        ),
        port: integer(0, 65_535, 'Port of the dashboard; 0 takes any free one.').prefault(7373),
      })
      .meta({ description: 'Dashboard and HTTP API.' })
      .prefault({}),
    logging: z
      .strictObject({
        level: z
          .enum(['trace', 'debug', 'info', 'warn', 'error'])
          .meta({ description: 'Least severity that is logged.' })
          .prefault('info'),
      })
      .meta({ description: 'Logs, on stderr.' })
      .prefault({}),
  })
  .transform((file) => ({
    dataDir: file.data,
    kafka: file.log.kafka,
    elasticsearch: file.store.elasticsearch,
    feeds: file.feeds,
    model: file.model,
    ledger: {
      bucketMs: file.ledger.bucket,
      latenessMs: file.ledger.lateness,
      storyWindowMs: file.ledger.story_window,
      dedupeWindowMs: file.ledger.dedupe_window,
      windowsMs: file.alerts.windows,
      minStories: file.alerts.min_stories,
      budgetPerDay: file.alerts.budget_per_day,
      warmUpMs: file.alerts.warm_up,
      resolveAfterMs: file.alerts.resolve_after,
    } satisfies LedgerSettings,
    notifiers: file.notify,
    web: file.web,
    logging: file.logging,
  }));

/** The configuration, read and with its defaults. Folders are absolute; `model.bundleDir` is `undefined` for the default. */
export type Config = z.output<typeof configSchema>;
export type NotifierConfig = Config['notifiers'][number];
