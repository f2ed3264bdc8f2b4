import type { Instant } from '../domain/article.ts';
import { type SeriesKey, seriesKind } from '../domain/series.ts';
import { type WindowCounts, weightAt, windowCounts, windowWeight } from './history.ts';
import { HOUR_MS, type KindHistory, type LedgerState, type SeriesState } from './state.ts';
import { betaBinomialTail, negativeBinomialTail } from './tails.ts';

/** Strength of the peers' rate in a series' own, in negative stories. */
const RATE_STRENGTH = 0.5;
/** Strength of the peers' share in a series' own, in stories. */
const SHARE_STRENGTH = 10;
/** A share is held to be no better known than from this many stories: it drifts. */
const SHARE_PRECISION = 50;
/** Strength of the peers' dispersion, in squared expected stories; and the least dispersion believed. */
const DISPERSION_STRENGTH = 10;
const MIN_DISPERSION = 0.1;
/** Negative share before anything was seen. */
const UNKNOWN_SHARE = 0.25;
/** A surge needs a negative share that would be this improbable. It is a second condition, so it need not be strict. */
const SHARE_LEVEL = 0.05;

export interface WindowTest {
  readonly from: Instant;
  readonly to: Instant;
  readonly observed: WindowCounts;
  readonly expected: { readonly negative: number; readonly share: number };
  readonly probability: { readonly count: number; readonly share: number };
}

/** The trailing window number `index` that ends with the bucket at `bucket`; it reaches back no further than the last resolution. */
export function windowOf(state: LedgerState, series: SeriesState, index: number, bucket: Instant) {
  const to = bucket + state.settings.bucketMs;
  const start = to - (state.settings.windowsMs[index] as number);
  const from = Math.max(start, series.resolvedAt ?? 0);
  const observed = windowCounts(series, from, to);
  return { from, to, observed, past: from === start ? observed : windowCounts(series, start, to), start, index };
}

/**
 * Tests a window; gives the evidence when it is a surge: enough negative stories, more than the level allows by chance, and a
 * share of negative news that is high for this series too.
 */
export function findSurge(
  state: LedgerState,
  key: SeriesKey,
  series: SeriesState,
  index: number,
  bucket: Instant,
): WindowTest | undefined {
  const window = windowOf(state, series, index, bucket);
  const { from, to, observed, past } = window;
  if (observed.negative < state.settings.minStories) return undefined;
  const { expected, count } = testCount(state, key, series, window);
  if (count > surgeLevel(state)) return undefined;
  const share = shareOf(state, series, past, state.kinds[seriesKind(key)], weightAt(state, to));
  const ofShare = betaBinomialTail(observed.negative, observed.stories, share * SHARE_PRECISION, (1 - share) * SHARE_PRECISION);
  if (ofShare > SHARE_LEVEL) return undefined;
  return { from, to, observed, expected: { negative: expected, share }, probability: { count, share: ofShare } };
}

/**
 * How many negative stories the window leads one to expect, and the chance of at least as many as it holds. Negative binomial:
 * the series' own rate (the window left out, shrunk towards its peers, by the hour of the week) with the scatter that such
 * windows had. A chance of 1 where nothing speaks for a surge.
 */
export function testCount(
  state: LedgerState,
  key: SeriesKey,
  series: SeriesState,
  { from, to, observed, past, start, index }: ReturnType<typeof windowOf>,
): { readonly expected: number; readonly count: number } {
  if (observed.negative === 0) return { expected: 0, count: 1 };
  const present = weightAt(state, to);
  const peers = state.kinds[seriesKind(key)];
  const observedHours = state.exposure / present;
  const exposure = Math.max(observedHours - windowWeight(state, start, to), 0);
  const peersRate = peers.negative / present / Math.max(1, peers.count) / Math.max(1, observedHours);
  const priorHours = RATE_STRENGTH / Math.max(peersRate, 1e-6);
  const shape = RATE_STRENGTH + Math.max(0, series.negative / present - past.negative);
  const expected = (shape / (priorHours + exposure)) * windowWeight(state, from, to);
  const dispersion = dispersionOf(series, peers, index, present) + 1 / shape;
  return {
    expected,
    count: observed.negative <= expected ? 1 : negativeBinomialTail(observed.negative, expected, 1 / dispersion),
  };
}

/**
 * The level of one test: the budget spread over the windows that end in a day. Windows that overlap say much the same, so
 * a day holds one test for each full length of a window, of each series that is in the news at all.
 */
export function surgeLevel(state: LedgerState): number {
  const active = Math.max(1, state.kinds.market.count + state.kinds.topic.count + state.kinds.entity.count);
  const windowsADay = state.settings.windowsMs.reduce((sum, windowMs) => sum + (24 * HOUR_MS) / windowMs, 0);
  return Math.min(0.01, state.settings.budgetPerDay / (active * windowsADay));
}

/** How much more than Poisson such windows of the series scattered, shrunk towards its peers. */
function dispersionOf(series: SeriesState, peers: KindHistory, index: number, present: number): number {
  const peersScale = (peers.scale[index] as number) / present;
  const ofPeers = peersScale > 0 ? Math.max(0, (peers.excess[index] as number) / present / peersScale) : 1;
  const excess = (series.excess[index] as number) / present + DISPERSION_STRENGTH * ofPeers;
  return Math.max(MIN_DISPERSION, excess / ((series.scale[index] as number) / present + DISPERSION_STRENGTH));
}

/** The series' negative share outside the window, shrunk towards its peers and kept off 0 and 1. */
function shareOf(state: LedgerState, series: SeriesState, past: WindowCounts, peers: KindHistory, present: number): number {
  const { market } = state.kinds;
  const prior =
    peers.stories > 0 ? peers.negative / peers.stories : market.stories > 0 ? market.negative / market.stories : UNKNOWN_SHARE;
  const stories = Math.max(0, series.stories / present - past.stories);
  const negative = Math.min(stories, Math.max(0, series.negative / present - past.negative));
  return Math.min(0.98, Math.max(0.02, (negative + SHARE_STRENGTH * prior) / (stories + SHARE_STRENGTH)));
}
