import { z } from 'zod';
import type { Article, Instant, ScoredArticle } from './article.ts';
import { articleId } from './article-id.ts';
import { BarographError } from './errors.ts';
import type { DeadLetter, RawRecord, ScoredRecord } from './records.ts';
import type { Alert } from './trends.ts';

/*
 * The log's records as JSON text. Instants travel as ISO 8601 in UTC, so that any consumer can read them. Whatever stands
 * in a topic may have been written by another program: decoding checks every field and rejects with `E_RECORD_INVALID`.
 */

const instant = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .pipe(z.number().int());
const probability = z.number().min(0).max(1);
const sentiment = z.object({ negative: probability, neutral: probability, positive: probability });

const articleFields = {
  id: z.string().min(1).max(128),
  source: z.string(),
  url: z.string(),
  title: z.string().min(1),
  summary: z.string(),
  publishedAt: instant,
  appendedAt: instant,
  dated: z.boolean(),
  language: z.string(),
  tickers: z.array(z.string()),
};

const scoredFields = {
  ...articleFields,
  sentiment,
  topics: z.array(z.object({ label: z.string(), p: probability })).min(1),
  entities: z.array(z.object({ symbol: z.string().min(1), name: z.string(), sentiment })),
  fingerprint: z.object({ exact: z.string(), simhash: z.string().regex(/^[0-9a-f]{16}$/), words: z.number().int() }),
  bundle: z.string(),
};

const tick = z.object({ type: z.literal('tick'), at: instant });
const positiveMs = z.number().int().positive();
const settings = z.object({
  bucketMs: positiveMs,
  latenessMs: z.number().int().nonnegative(),
  storyWindowMs: positiveMs,
  dedupeWindowMs: positiveMs,
  windowsMs: z.array(positiveMs).min(1),
  minStories: z.number().int().positive(),
  budgetPerDay: z.number().positive(),
  warmUpMs: z.number().int().nonnegative(),
  resolveAfterMs: positiveMs,
});

/** What another program may leave out; `rawArticle` fills it in. */
const rawFields = z.object({
  type: z.literal('article'),
  title: z.string().min(1).meta({ description: 'Plain text.' }),
  id: articleFields.id.optional().meta({ description: 'Made of the URL, or of time and title, when left out.' }),
  source: z.string().default('').meta({ description: 'Who published it.' }),
  url: z.string().default(''),
  summary: z.string().default(''),
  publishedAt: instant.optional().meta({ description: 'The time of the record when left out, or in the future.' }),
  appendedAt: instant.optional().meta({ description: 'When it entered the log: the time of the record when left out.' }),
  dated: z.boolean().optional().meta({ description: 'Whether publishedAt is what the publisher said.' }),
  language: z.string().default(''),
  tickers: z.array(z.string()).default([]).meta({ description: 'Symbols that the source attached.' }),
});
const raw = z.discriminatedUnion('type', [rawFields, tick]);
const scored = z.discriminatedUnion('type', [
  z.object({ type: z.literal('article'), ...scoredFields }),
  tick,
  z.object({ type: z.literal('promotion'), bundle: z.string(), at: instant }),
  z.object({ type: z.literal('settings'), settings }),
]);

const deadLetter = z.object({
  stage: z.string(),
  code: z.string(),
  reason: z.string(),
  origin: z.string(),
  payload: z.string(),
  requeueTo: z.string(),
  at: instant,
});

/** Of the format of every topic's records; a reader of one version can read what a later one of the same number writes. */
export const WIRE_VERSION = 1;

const iso = (at: number): string => new Date(at).toISOString();

function wireArticle(article: Article): Record<string, unknown> {
  const publishedAt = iso(article.publishedAt);
  const appendedAt = article.appendedAt === article.publishedAt ? publishedAt : iso(article.appendedAt);
  return { type: 'article', ...article, publishedAt, appendedAt };
}

export function encodeRaw(record: RawRecord): string {
  return JSON.stringify(record.type === 'article' ? wireArticle(record.article) : { ...record, at: iso(record.at) });
}

export function encodeScored(record: ScoredRecord): string {
  if (record.type === 'article') return JSON.stringify(wireArticle(record.article));
  return JSON.stringify(record.type === 'settings' ? record : { ...record, at: iso(record.at) });
}

/** `recordedAt` is when the record came into the log: it stands in for times that another program left out. */
export function decodeRaw(text: string, recordedAt?: Instant): RawRecord {
  const record = check(raw, text);
  return record.type === 'article' ? { type: 'article', article: rawArticle(record, recordedAt) } : record;
}

function rawArticle({ type: _, ...given }: z.output<typeof rawFields>, recordedAt: Instant | undefined): Article {
  const appendedAt = given.appendedAt ?? recordedAt;
  if (appendedAt === undefined) throw new BarographError('E_RECORD_INVALID', 'The record says no time: appendedAt is missing.');
  const isDated = given.publishedAt !== undefined && (given.appendedAt !== undefined || given.publishedAt <= appendedAt);
  const publishedAt = isDated ? (given.publishedAt ?? appendedAt) : appendedAt;
  const id = given.id ?? articleId({ ...given, guid: '', publishedAt });
  return { ...given, id, publishedAt, appendedAt, dated: given.dated ?? isDated };
}

export function decodeScored(text: string): ScoredRecord {
  const record = check(scored, text);
  if (record.type !== 'article') return record;
  const { type, ...article } = record;
  return { type, article: article satisfies ScoredArticle };
}

export function encodeDeadLetter(letter: DeadLetter): string {
  return JSON.stringify({ ...letter, at: iso(letter.at) });
}

export function decodeDeadLetter(text: string): DeadLetter {
  return check(deadLetter, text);
}

/** An alert as `replay --alerts`, the generic webhook and the `alerts` topic give it: every instant in ISO 8601. */
export function wireAlert(alert: Alert): Record<string, unknown> {
  const { evidence } = alert;
  return {
    id: alert.id,
    series: alert.series,
    status: alert.status,
    severity: alert.severity,
    openedAt: iso(alert.openedAt),
    updatedAt: iso(alert.updatedAt),
    resolvedAt: alert.resolvedAt === null ? null : iso(alert.resolvedAt),
    evidence: {
      ...evidence,
      window: { from: iso(evidence.window.from), to: iso(evidence.window.to) },
      topStories: evidence.topStories.map((story) => ({ ...story, publishedAt: iso(story.publishedAt) })),
    },
  };
}

const evidence = z.object({
  window: z.object({ from: instant, to: instant }),
  observed: z.object({ stories: z.number(), negative: z.number() }),
  expected: z.object({ negative: z.number(), share: z.number() }),
  probability: z.object({ count: z.number(), share: z.number() }),
  topStories: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      url: z.string(),
      source: z.string(),
      publishedAt: instant,
      negative: z.number(),
      articles: z.number(),
    }),
  ),
  words: z.array(z.string()),
});

const alert = z.object({
  version: z.number().int(),
  id: z.string(),
  series: z
    .string()
    .regex(/^(market|topic:.+|entity:.+)$/)
    .transform((key) => key as Alert['series']),
  status: z.enum(['open', 'resolved']),
  severity: z.enum(['warning', 'critical']),
  openedAt: instant,
  updatedAt: instant,
  resolvedAt: instant.nullable(),
  evidence,
});

/** The `alerts` topic: an alert with its version, the offset in `news.scored` that brought it about. */
export function encodeAlert(state: { version: number; alert: Alert }): string {
  return JSON.stringify({ version: state.version, ...wireAlert(state.alert) });
}

export function decodeAlert(text: string): { version: number; alert: Alert } {
  const { version, ...rest } = check(alert, text);
  return { version, alert: rest };
}

function check<T>(schema: z.ZodType<T>, text: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BarographError('E_RECORD_INVALID', `The record is no JSON: ${firstLine(cause)}`, { cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.') || 'record'}: ${issue.message}`);
  throw new BarographError('E_RECORD_INVALID', `The record is not as its schema says: ${faults.slice(0, 5).join('; ')}`);
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? '';
}

/** The records of each topic as JSON Schema (2020-12). */
export function wireSchemas(): Readonly<Record<string, unknown>> {
  const schemas = { 'news.raw': raw, 'news.scored': scored, alerts: alert, 'dead-letter': deadLetter };
  return Object.fromEntries(
    Object.entries(schemas).map(([topic, schema]) => [
      `${topic}.v${WIRE_VERSION}.json`,
      { title: `A record of ${topic}, version ${WIRE_VERSION}`, ...z.toJSONSchema(schema, { io: 'input' }) },
    ]),
  );
}

if (import.meta.main) {
  const { mkdirSync, writeFileSync } = await import('node:fs');
  const folder = new URL('../../docs/schemas/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const [name, schema] of Object.entries(wireSchemas()))
    writeFileSync(new URL(name, folder), `${JSON.stringify(schema, null, 2)}\n`);
}
