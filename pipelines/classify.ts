import { map } from 'rxjs';
import type { Article, EntityMention, Fingerprint, ScoredArticle } from '../src/domain/article.ts';
import type { Clock } from '../src/domain/clock.ts';
import { BarographError } from '../src/domain/errors.ts';
import type { RawRecord, ScoredRecord } from '../src/domain/records.ts';
import { decodeRaw, encodeScored } from '../src/domain/wire.ts';
import { drain } from '../src/log/drain.ts';
import { inOrder } from '../src/log/in-order.ts';
import { microBatch } from '../src/log/micro-batch.ts';
import type { Delivery, EventLog, NewRecord } from '../src/log/port.ts';
import { pull } from '../src/log/pull.ts';
import { whenFree } from '../src/log/when-free.ts';
import type { Classifier, Score } from '../src/model/serving/port.ts';
import type { PipelineMeter } from '../src/ops/metrics.ts';
import { keepRejected, type Rejected, rejectedRecord } from './dead-letter.ts';
import type { Pipeline } from './pipeline.ts';

/** Batches that share one durable append when appending falls behind. */
const MAX_APPEND = 16;

export interface ClassifyDeps {
  readonly log: EventLog;
  readonly classifier: Classifier;
  readonly fingerprint: (title: string) => Fingerprint;
  readonly findEntities: (text: string, tickers: readonly string[]) => readonly { symbol: string; name: string }[];
  readonly clock: Clock;
  readonly meter: PipelineMeter;
  readonly maxInFlight: number;
  readonly maxBatchTokens: number;
  readonly batchTimeMs: number;
}

/** news.raw → news.scored: entities, topic and sentiment for every article; order within a partition is kept. */
export function classifyPipeline(deps: ClassifyDeps): Pipeline {
  return {
    name: 'classify',
    meter: deps.meter,
    run: async (stop) => {
      const subscription = await deps.log.subscribe('news.raw', 'classify');
      await drain(
        subscription,
        pull(subscription, { maxInFlight: deps.maxInFlight, maxBatch: 256, stop }).pipe(
          map(decode),
          microBatch({ maxWeight: deps.maxBatchTokens, weigh: estimateTokens, timeMs: deps.batchTimeMs }),
          inOrder((batch) => score(deps, batch)),
          whenFree((batches) => append(deps, batches.flat()), MAX_APPEND),
        ),
      );
    },
  };
}

interface Decoded {
  readonly delivery: Delivery;
  readonly record: RawRecord | undefined;
  readonly error?: unknown;
}

interface Scored {
  readonly delivery: Delivery;
  readonly record: ScoredRecord | undefined;
  readonly error?: unknown;
}

function decode(delivery: Delivery): Decoded {
  try {
    return { delivery, record: decodeRaw(delivery.record.value) };
  } catch (error) {
    return { delivery, record: undefined, error };
  }
}

/** About four characters a token, and two for the text's ends: enough to cut batches of even cost. */
function estimateTokens({ record }: Decoded): number {
  return record?.type === 'article' ? Math.min(128, textOf(record.article).length / 4 + 2) : 1;
}

/** What is classified: the title, and the summary as far as the model's length allows. */
function textOf(article: Article): string {
  return article.summary === '' ? article.title : `${article.title}\n${article.summary}`;
}

async function score(deps: ClassifyDeps, batch: readonly Decoded[]): Promise<readonly Scored[]> {
  deps.meter.received(batch.length);
  const articles = batch.flatMap(({ record }) => (record?.type === 'article' ? [record.article] : []));
  const scores = await classifyEach(deps.classifier, articles.map(textOf));
  let next = 0;
  return batch.map(({ delivery, record, error }): Scored => {
    if (record === undefined) return { delivery, record, error };
    if (record.type !== 'article') return { delivery, record };
    const result = scores[next++];
    if (result === undefined || 'error' in result) return { delivery, record: undefined, error: result?.error };
    return { delivery, record: { type: 'article', article: annotate(deps, record.article, result) } };
  });
}

type Result = Score | { readonly error: unknown };

/** A text that every model scores: tells a text that breaks the model from a model that is broken. */
const HARMLESS = 'Shares were little changed.';

/** Scores all at once; when that fails, one by one, so that a text that breaks the model is found and the others pass. */
async function classifyEach(classifier: Classifier, texts: readonly string[]): Promise<readonly Result[]> {
  if (texts.length === 0) return [];
  const all = await attempt(classifier, texts);
  if (!('error' in all)) return all;
  const results: Result[] = [];
  for (const text of texts) {
    const alone = await attempt(classifier, [text]);
    if ('error' in alone) {
      await classifier.classify([{ text: HARMLESS }]); // rejects when the model is broken: no text is to blame then
      results.push(alone);
    } else results.push(...alone);
  }
  return results;
}

async function attempt(
  classifier: Classifier,
  texts: readonly string[],
): Promise<readonly Score[] | { readonly error: BarographError }> {
  try {
    return await classifier.classify(texts.map((text) => ({ text })));
  } catch (error) {
    if (error instanceof BarographError && error.code === 'E_MODEL_FAILED') return { error };
    throw error;
  }
}

function annotate(deps: ClassifyDeps, article: Article, { sentiment, topics }: Score): ScoredArticle {
  const entities = deps
    .findEntities(article.title, article.tickers)
    .map(({ symbol, name }): EntityMention => ({ symbol, name, sentiment }));
  return {
    ...article,
    sentiment,
    topics: topics.filter(({ p }, index) => index === 0 || p >= 0.01),
    entities,
    fingerprint: deps.fingerprint(article.title),
    bundle: deps.classifier.version,
  };
}

async function append(deps: ClassifyDeps, batch: readonly Scored[]): Promise<void> {
  const records: NewRecord[] = [];
  const rejected: Rejected[] = [];
  for (const { delivery, record, error } of batch) {
    if (record === undefined) rejected.push(rejectedRecord('classify', delivery.record, error));
    else records.push({ key: delivery.record.key, value: encodeScored(record) });
  }
  if (rejected.length > 0) await keepRejected(deps.log, deps.clock, rejected);
  await deps.log.append('news.scored', records);
  for (const { delivery } of batch) delivery.ack();
  deps.meter.sent(records.length);
  deps.meter.discarded(rejected.length);
}
