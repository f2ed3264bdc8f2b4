import { createHash } from 'node:crypto';
import type { estypes } from '@elastic/elasticsearch';
import type { DocKind } from '../../domain/doc.ts';

type Mapping = estypes.MappingTypeMapping;
type Fields = NonNullable<Mapping['properties']>;

/** How indices are made. */
export interface IndexSettings {
  readonly shards: number;
  readonly replicas: number;
}

/** Stand before names of ours, so that several set-ups share a cluster. */
export interface IndexNames {
  readonly prefix: string;
}

const PLURALS: Readonly<Record<DocKind, string>> = { article: 'articles', story: 'stories', rollup: 'rollups', alert: 'alerts' };

/** The alias that reads go to. */
export const aliasOf = ({ prefix }: IndexNames, kind: DocKind): string => `${prefix}${PLURALS[kind]}`;

/** One index a month, of the time that a document stands at: an index can be dropped whole. */
export function indexOf(names: IndexNames, kind: DocKind, at: number): string {
  const date = new Date(at);
  const month = String(date.getUTCMonth() + 1).padStart(2, '0');
  return `${aliasOf(names, kind)}-${date.getUTCFullYear()}.${month}`;
}

export const stateIndex = ({ prefix }: IndexNames): string => `${prefix}state`;
export const blobIndex = ({ prefix }: IndexNames): string => `${prefix}blobs`;

/** Longer ones are kept and not indexed: Lucene takes no term above 32,766 bytes. */
const keyword = { type: 'keyword', ignore_above: 1024 } as const;
const date = { type: 'date' } as const;
const long = { type: 'long' } as const;
/** For charts and sorting, which read columns; a filter by one reads its whole column. To index them takes a fifth of all that writing does. */
const count = { type: 'long', index: false } as const;
const share = { type: 'float', index: false } as const;
const chance = { type: 'double', index: false } as const;
const stored = { type: 'keyword', index: false, doc_values: false } as const;
const object = (properties: Fields) => ({ properties });

const COMMON: Fields = { '@timestamp': date, kind: keyword, id: keyword, version: count };
/** Of what is asked for by version. */
const ORDERED: Fields = { ...COMMON, version: long };
const SENTIMENT = object({ negative: share, neutral: share, positive: share });
const TOPIC = object({ label: keyword, p: share });
const ENTITIES = object({ symbol: keyword, name: keyword, sentiment: SENTIMENT });
const NEWS: Fields = {
  ...{
    title: { type: 'text' },
    url: object({ full: { type: 'keyword', ignore_above: 2048 } }),
    source: keyword,
    bundle: keyword,
  },
  ...{ sentiment: SENTIMENT, sentimentLabel: keyword, entities: ENTITIES },
};

const FIELDS: Readonly<Record<DocKind, Fields>> = {
  article: {
    ...{ ...COMMON, ...NEWS, summary: { type: 'text' }, event: object({ ingested: date }), dated: { type: 'boolean' } },
    ...{ language: keyword, tickers: keyword, topics: TOPIC, storyId: keyword },
    fingerprint: object({ exact: stored, simhash: stored, words: { type: 'integer', index: false, doc_values: false } }),
  },
  story: { ...ORDERED, ...NEWS, updatedAt: date, articles: count, topic: TOPIC, series: keyword },
  rollup: {
    ...{ ...COMMON, series: keyword, widthMs: count, fragment: keyword, articles: count, stories: count },
    ...{ negative: count, neutral: count, positive: count, toneUnits: count, tone: share },
  },
  alert: {
    ...{ ...ORDERED, series: keyword, status: keyword, severity: keyword, updatedAt: date, resolvedAt: date },
    evidence: object({
      window: object({ from: date, to: date }),
      observed: object({ stories: count, negative: count }),
      expected: object({ negative: share, share }),
      probability: object({ count: chance, share: chance }),
      topStories: object({
        ...{
          id: keyword,
          title: { type: 'text' },
          url: stored,
          source: keyword,
          publishedAt: date,
          negative: share,
          articles: count,
        },
      }),
      words: keyword,
    }),
  },
};

const BLOB: Fields = { key: keyword, generation: keyword, chunks: long, bytes: { type: 'binary' } };
const STATE: Fields = { key: keyword, value: stored, expiresAt: long };

export interface NamedTemplate {
  readonly name: string;
  readonly template: Omit<estypes.IndicesPutIndexTemplateRequest, 'name' | '_meta'> & {
    readonly _meta: { readonly digest: string };
  };
}

/** Fields that no template names are refused: a change of a document's shape is a change of these. */
export function indexTemplates(names: IndexNames, { shards, replicas }: IndexSettings): readonly NamedTemplate[] {
  const named = (name: string, pattern: string, primaries: number, properties: Fields, aliases = {}): NamedTemplate => {
    const settings = { number_of_shards: primaries, number_of_replicas: replicas };
    const template = { settings, mappings: { dynamic: 'strict' as const, properties }, aliases };
    const digest = createHash('sha256').update(JSON.stringify(template)).digest('hex');
    return { name, template: { index_patterns: [pattern], priority: 200, template, _meta: { digest } } };
  };
  return [
    ...(Object.keys(FIELDS) as DocKind[]).map((kind) => {
      const alias = aliasOf(names, kind);
      return named(alias, `${alias}-*`, shards, FIELDS[kind], { [alias]: {} });
    }),
    named(stateIndex(names), stateIndex(names), 1, STATE),
    named(blobIndex(names), blobIndex(names), 1, BLOB),
  ];
}
