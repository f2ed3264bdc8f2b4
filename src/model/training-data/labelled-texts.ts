import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { BarographError } from '../../domain/errors.ts';
import { agreedSentiment, parseDecisions, type SentimentLabel } from './sentfin-decisions.ts';

export type Part = 'train' | 'validation' | 'test';

/** A text, or a text and an entity in it, with the index of its class, from one row of one file. */
export interface LabelledText {
  readonly text: string;
  readonly entity?: string;
  readonly label: number;
  readonly part: Part;
  readonly file: string;
  readonly row: number;
}

/** Order of the sentiment head's classes. */
export const SENTIMENTS = ['negative', 'neutral', 'positive'] as const;

/** Names of the topic data set's labels, 0 to 19 (its dataset card). */
export const TOPICS = [
  'Analyst Update',
  'Fed | Central Banks',
  'Company | Product News',
  'Treasuries | Corporate Debt',
  'Dividend',
  'Earnings',
  'Energy | Oil',
  'Financials',
  'Currencies',
  'General News | Opinion',
  'Gold | Metals | Materials',
  'IPO',
  'Legal | Regulation',
  'M&A | Investments',
  'Macro',
  'Markets',
  'Politics',
  'Personnel Change',
  'Stock Commentary',
  'Stock Movement',
] as const;

const SENTIMENT_FILE = 'twitter-financial-news-sentiment.csv';
const TOPIC_FILE = 'twitter-financial-news-topic.csv';
const SENTFIN_FILE = 'sentfin.csv';
/** The tweets' labels 0 bearish, 1 bullish, 2 neutral, as indices into SENTIMENTS. */
const TWEET_SENTIMENT = [0, 2, 1];

const splitRows = z.array(
  z.object({ file: z.string(), row: z.coerce.number().int(), part: z.enum(['train', 'validation', 'test']) }),
);
const tweetRows = z.array(z.object({ text: z.string(), label: z.coerce.number().int().nonnegative() }));
const sentfinRows = z.array(z.object({ Title: z.string(), Decisions: z.string() }));

export interface LabelledSets {
  readonly topic: readonly LabelledText[];
  /** Of whole texts: tweets, and SEntFiN headlines whose entities agree; where they differ, text alone cannot say what it is to whom. */
  readonly sentiment: readonly LabelledText[];
  /** Sentiment towards entities: every decision of every SEntFiN headline. */
  readonly entity: readonly LabelledText[];
}

/** Reads the labelled sets of a folder by its `split.csv`. Throws E_INPUT_INVALID naming file and row. */
export function readLabelledTexts(folder: string): LabelledSets {
  const parts = new Map(splitRows.parse(readRows(folder, 'split.csv')).map((row) => [`${row.file}:${row.row}`, row.part]));
  const labelled = (file: string, row: number, text: string, label: number | undefined, classes: number): LabelledText => {
    const part = parts.get(`${file}:${row}`);
    if (part === undefined) throw invalid(folder, file, row, 'split.csv does not list it');
    if (label === undefined || label >= classes) throw invalid(folder, file, row, 'unknown label');
    return { text, label, part, file, row };
  };
  const topic = tweetRows
    .parse(readRows(folder, TOPIC_FILE))
    .map(({ text, label }, row) => labelled(TOPIC_FILE, row, text, label, TOPICS.length));
  const tweets = tweetRows
    .parse(readRows(folder, SENTIMENT_FILE))
    .map(({ text, label }, row) => labelled(SENTIMENT_FILE, row, text, TWEET_SENTIMENT[label], SENTIMENTS.length));
  const sentfin = sentfinRows.parse(readRows(folder, SENTFIN_FILE)).map(({ Title, Decisions }, row) => {
    const decisions = parseDecisions(Decisions);
    if (decisions.length === 0) throw invalid(folder, SENTFIN_FILE, row, `no decision in ${Decisions}`);
    const of = (sentiment: SentimentLabel): LabelledText =>
      labelled(SENTFIN_FILE, row, Title, SENTIMENTS.indexOf(sentiment), SENTIMENTS.length);
    const agreed = agreedSentiment(decisions);
    return {
      whole: agreed === undefined ? [] : [of(agreed)],
      each: decisions.map(({ entity, sentiment }) => ({ ...of(sentiment), entity })),
    };
  });
  return {
    topic,
    sentiment: [...tweets, ...sentfin.flatMap(({ whole }) => whole)],
    entity: sentfin.flatMap(({ each }) => each),
  };
}

function readRows(folder: string, file: string): unknown {
  const path = join(folder, file);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new BarographError('E_INPUT_MISSING', `${path} cannot be read`, { cause, facts: { path } });
  }
  return parse(text, { columns: true, bom: true, relax_quotes: true });
}

const invalid = (folder: string, file: string, row: number, reason: string): BarographError =>
  new BarographError('E_INPUT_INVALID', `${join(folder, file)}, row ${row}: ${reason}`, { facts: { file, row } });
