import { z } from 'zod';
import { BarographError } from '../../domain/errors.ts';
import { poolingPartSchema } from '../serving/pooling.ts';
import { asksEntity, type ClassifyInput } from '../serving/port.ts';
import { PREPARATION } from '../text-preparation.ts';

const index = z.number().int().nonnegative();
const size = z.number().int().positive();
const label = z.string().min(1);

const headSchema = z.strictObject({
  labels: z.array(label).min(2),
  /** Logits are divided by it: fitted on the validation part. */
  temperature: z.number().positive(),
});

const sentimentSchema = headSchema.extend({
  labels: z.tuple([z.literal('negative'), z.literal('neutral'), z.literal('positive')]),
  /** The same where it is asked about an entity; that of texts when it is missing. */
  entityTemperature: z.number().positive().optional(),
});

/** What the heads say, in the order of their classes. */
export const headsSchema = z.strictObject({
  sentiment: sentimentSchema,
  topic: headSchema,
});

/** What a head's logits are divided by for an input. */
export function temperatureOf(heads: z.infer<typeof headsSchema>, head: 'sentiment' | 'topic', input: ClassifyInput): number {
  const { temperature } = heads[head];
  return head === 'sentiment' && asksEntity(input) ? (heads.sentiment.entityTemperature ?? temperature) : temperature;
}

/** First half of the version that scores carry. */
const BUNDLE_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export const isBundleName = (name: string): boolean => BUNDLE_NAME.test(name);

/** `config.json` of a bundle. */
const schema = z.strictObject({
  format: z.literal(1),
  name: z.string().regex(BUNDLE_NAME),
  family: z.enum(['bert', 'roberta']),
  /** Version of the text preparation that the heads were trained with. */
  preparation: z.literal(PREPARATION),
  /** Whether the sentiment head was trained on texts with entities; without, an entity's sentiment is its text's. */
  entities: z.boolean().optional(),
  maxTokens: size,
  padId: index,
  hidden: size,
  /** Layers whose states the model puts out, in the order of its outputs. */
  layers: z.array(index).min(1),
  pooling: z.array(poolingPartSchema).min(1),
  heads: headsSchema,
});

export type BundleConfig = z.infer<typeof schema>;

/** Parses the text of a bundle's `config.json`. Throws E_BUNDLE_INVALID naming the field. */
export function parseBundleConfig(text: string, path: string): BundleConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new BarographError('E_BUNDLE_INVALID', `${path} is no JSON`, { cause, facts: { path } });
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    throw new BarographError('E_BUNDLE_INVALID', `${path}: ${z.prettifyError(parsed.error)}`, { facts: { path } });
  }
  const config = parsed.data;
  const missing = config.pooling.find(({ layer }) => !config.layers.includes(layer));
  if (missing !== undefined) {
    throw new BarographError('E_BUNDLE_INVALID', `${path}: pooling reads layer ${missing.layer}, which layers does not list`, {
      facts: { path },
    });
  }
  return config;
}
