import type { Article, Instant, Sentiment } from '../../../src/domain/article.ts';
import { bucketStart } from '../../../src/domain/series.ts';
import { encodeRaw, encodeScored } from '../../../src/domain/wire.ts';
import type { EventLog, NewRecord, Topic } from '../../../src/log/port.ts';
import { fingerprint } from '../../../src/text/fingerprint.ts';
import { random, tick } from '../../ledger/scored.ts';

const CHUNK = 2000;
export const BUCKET_MS = 300_000;

/** An article of which only this is of interest. */
export function articleOf(id: string, title: string, at: Instant, tickers: readonly string[] = []): Article {
  return {
    ...{ id, source: 'bench', url: '', title, summary: '', publishedAt: at, appendedAt: at },
    ...{ dated: true, language: 'en', tickers },
  };
}

export const rawRecord = (article: Article): NewRecord => ({
  key: article.id,
  value: encodeRaw({ type: 'article', article }),
});

/**
 * Articles as a model without cost would score them: a topic, a company or none, a sentiment, drawn by a seed; the first record of every
 * bucket is a tick in an article's place.
 */
export function scoredRecords(titles: readonly string[], from: Instant, everyMs: number): (index: number) => NewRecord {
  const next = random(1);
  const inBucket = Math.max(1, Math.round(BUCKET_MS / everyMs));
  return (index) => {
    const at = from + index * everyMs;
    if (index % inBucket === 0) return { key: 'tick', value: encodeScored(tick(bucketStart(at, BUCKET_MS))) };
    const title = titleOf(titles, index);
    const id = `scored-${index}`;
    const negative = Math.round(next() * 9000) / 1e4;
    const sentiment: Sentiment = { negative, neutral: Math.round((1 - negative) * 1e4) / 1e4, positive: 0 };
    const company = Math.floor(next() * 1000);
    const scored = {
      ...articleOf(id, title, at),
      sentiment,
      topics: [{ label: `Topic ${Math.floor(next() * 20)}`, p: 0.9 }],
      entities: company < 500 ? [{ symbol: `C${company}`, name: `Company ${company}`, sentiment }] : [],
      fingerprint: fingerprint(title),
      bundle: 'bench',
    };
    return { key: id, value: encodeScored({ type: 'article', article: scored }) };
  };
}

/** The titles, then such as are made of two halves: no story is told again for ever. */
function titleOf(titles: readonly string[], index: number): string {
  const round = Math.floor(index / titles.length);
  const at = (i: number): readonly string[] => (titles[i % titles.length] ?? '').split(' ');
  if (round === 0) return at(index).join(' ');
  const [one, other] = [at(index), at(index * 7 + round * 101)];
  return [...one.slice(0, Math.ceil(one.length / 2)), ...other.slice(Math.floor(other.length / 2))].join(' ');
}

/** Appends `count` records, in pieces. */
export async function fill(
  log: EventLog,
  topic: Topic,
  count: number,
  make: (index: number) => NewRecord,
  from = 0,
): Promise<void> {
  for (let at = 0; at < count; at += CHUNK) {
    const size = Math.min(CHUNK, count - at);
    await log.append(
      topic,
      Array.from({ length: size }, (_, i) => make(from + at + i)),
    );
  }
}

/** How far a group has come in a topic, over all partitions. */
export async function progress(log: EventLog, topic: Topic, group: string): Promise<number> {
  return [...(await log.positions(topic, group)).values()].reduce((sum, position) => sum + position, 0);
}
