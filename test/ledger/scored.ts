import type { ScoredArticle, Sentiment } from '../../src/domain/article.ts';
import type { ScoredRecord } from '../../src/domain/records.ts';
import { DEFAULT_LEDGER_SETTINGS, type LedgerSettings } from '../../src/domain/settings.ts';
import { fingerprint } from '../../src/text/fingerprint.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const T0 = Date.UTC(2026, 0, 5);

export const NEGATIVE: Sentiment = { negative: 0.9, neutral: 0.08, positive: 0.02 };
export const NEUTRAL: Sentiment = { negative: 0.05, neutral: 0.9, positive: 0.05 };
export const POSITIVE: Sentiment = { negative: 0.02, neutral: 0.08, positive: 0.9 };

export interface Wish {
  readonly id: string;
  readonly title: string;
  readonly at: number;
  readonly arrivedAt?: number;
  readonly sentiment?: Sentiment;
  readonly topic?: string;
  readonly symbols?: readonly string[];
}

/** A scored article as classify would write it. */
export function scored({
  id,
  title,
  at,
  arrivedAt = at,
  sentiment = NEUTRAL,
  topic = 'Markets',
  symbols = [],
}: Wish): ScoredRecord {
  const article: ScoredArticle = {
    id,
    source: 'test',
    url: '',
    title,
    summary: '',
    publishedAt: at,
    appendedAt: arrivedAt,
    dated: true,
    language: 'en',
    tickers: [],
    sentiment,
    topics: [{ label: topic, p: 0.9 }],
    entities: symbols.map((symbol) => ({ symbol, name: symbol, sentiment })),
    fingerprint: fingerprint(title),
    bundle: 'test',
  };
  return { type: 'article', article };
}

export const tick = (at: number): ScoredRecord => ({ type: 'tick', at });

export const settings = (changes: Partial<LedgerSettings>): ScoredRecord => ({
  type: 'settings',
  settings: { ...DEFAULT_LEDGER_SETTINGS, ...changes },
});

/** A generator of numbers from 0 to 1 (mulberry32): the same seed gives the same news. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
