import { z } from 'zod';
import type { Alert } from './trends.ts';

/*
 * The records of the log's topics as schemas. Whatever stands in a topic may have been written by another program.
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
export const rawFields = z.object({
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
export const raw = z.discriminatedUnion('type', [rawFields, tick]);
export const scored = z.discriminatedUnion('type', [
  z.object({ type: z.literal('article'), ...scoredFields }),
  tick,
  z.object({ type: z.literal('promotion'), bundle: z.string(), at: instant }),
  z.object({ type: z.literal('settings'), settings }),
]);

export const deadLetter = z.object({
  stage: z.string(),
  code: z.string(),
  reason: z.string(),
  origin: z.string(),
  payload: z.string(),
  requeueTo: z.string(),
  at: instant,
});

/** What a person says of a text, or of a company in it. */
export const label = z
  .object({
    type: z.literal('label'),
    text: z.string().min(1).meta({ description: 'The text as it was read.' }),
    entity: z.string().min(1).optional().meta({ description: 'Whom the sentiment is about, as the text calls it.' }),
    sentiment: z.enum(['negative', 'neutral', 'positive']).optional(),
    topic: z.string().min(1).optional(),
    by: z.string().default('').meta({ description: 'Who says so.' }),
    at: instant.optional().meta({ description: 'When it was said: the time of the record when left out.' }),
  })
  .refine(({ sentiment, topic }) => sentiment !== undefined || topic !== undefined, 'it says neither sentiment nor topic')
  .meta({ anyOf: [{ required: ['sentiment'] }, { required: ['topic'] }] });

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

export const alert = z.object({
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

/** Of the format of every topic's records; a reader of one version can read what a later one of the same number writes. */
export const WIRE_VERSION = 1;

/** The records of each topic as JSON Schema (2020-12). */
export function wireSchemas(): Readonly<Record<string, unknown>> {
  const schemas = { 'news.raw': raw, 'news.scored': scored, 'news.labelled': label, alerts: alert, 'dead-letter': deadLetter };
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
