import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { BarographError } from '../src/domain/errors.ts';
import { type LabelledText, PARTS, type Part, SENTIMENTS } from '../src/model/training-data/labelled-text.ts';
import { agreedSentiment, parseDecisions, type SentimentLabel } from './sentfin-decisions.ts';

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

const splitRow = z.object({
  ...{ file: z.string(), row: z.coerce.number().int(), group: z.coerce.number().int() },
  part: z.enum(PARTS),
});
/** A line of `split.csv`: a row of a file, from 0, the group of its near-duplicates, and the part that all of them are in. */
export type SplitRow = z.infer<typeof splitRow>;
const tweetRows = z.array(z.object({ text: z.string(), label: z.coerce.number().int().nonnegative() }));
const sentfinRows = z.array(z.object({ Title: z.string(), Decisions: z.string() }));

/**
 * Reads the labelled sets of a folder by its `split.csv`, or by the parts that `partOf` makes of it: topics, the sentiment of tweets and
 * of SEntFiN headlines whose entities agree (where they differ, text alone cannot say what it is to whom), and the sentiment towards
 * every entity of every headline. Throws E_INPUT_INVALID naming file and row.
 */
export function readLabelledSets(folder: string, partOf: (row: SplitRow) => Part = ({ part }) => part): readonly LabelledText[] {
  const rows = z.array(splitRow).parse(readRows(folder, 'split.csv'));
  const parts = new Map(rows.map((row) => [`${row.file}:${row.row}`, partOf(row)]));
  const labelled = (file: string, row: number, head: LabelledText['head'], text: string, label: number): LabelledText => {
    const part = parts.get(`${file}:${row}`);
    if (part === undefined) throw invalid(folder, file, row, 'split.csv does not list it');
    if (head === 'topic' ? label >= TOPICS.length : !(label in SENTIMENTS)) throw invalid(folder, file, row, 'unknown label');
    return { text, head, label, part, file, row };
  };
  const topics = tweetRows
    .parse(readRows(folder, TOPIC_FILE))
    .map(({ text, label }, row) => labelled(TOPIC_FILE, row, 'topic', text, label));
  const tweets = tweetRows
    .parse(readRows(folder, SENTIMENT_FILE))
    .map(({ text, label }, row) => labelled(SENTIMENT_FILE, row, 'sentiment', text, TWEET_SENTIMENT[label] ?? -1));
  const headlines = sentfinRows.parse(readRows(folder, SENTFIN_FILE)).flatMap(({ Title, Decisions }, row) => {
    const decisions = parseDecisions(Decisions);
    if (decisions.length === 0) throw invalid(folder, SENTFIN_FILE, row, `no decision in ${Decisions}`);
    const of = (sentiment: SentimentLabel): LabelledText =>
      labelled(SENTFIN_FILE, row, 'sentiment', Title, SENTIMENTS.indexOf(sentiment));
    const agreed = agreedSentiment(decisions);
    return [
      ...(agreed === undefined ? [] : [of(agreed)]),
      ...decisions.map(({ entity, sentiment }) => ({ ...of(sentiment), entity })),
    ];
  });
  return [...topics, ...tweets, ...headlines];
}

const listedRows = z.array(z.object({ Symbol: z.string(), Entity: z.string() }));
const LISTED = /\bLtd\b/;

/**
 * How headlines call each company of SEntFiN's list: `Tata Steel` of `Tata Steel Ltd., Tata Steel, TATASTEEL`. Markets, currencies and
 * goods of the list have no full name in the first place and are left out. Throws E_INPUT_MISSING.
 */
export function readCompanies(folder: string): readonly (readonly string[])[] {
  return listedRows
    .parse(readRows(folder, 'sentfin-entities.csv'))
    .map(({ Symbol: symbol, Entity }) => ({ symbol, names: Entity.split(',').map((name) => name.trim()) }))
    .filter(({ names: [first] }) => first !== undefined && LISTED.test(first))
    .map(({ symbol, names }) => names.filter((name) => name !== symbol && !LISTED.test(name)))
    .filter((names) => names.length > 0);
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
