import type { Instant } from '../domain/article.ts';
import { type SeriesKey, type SeriesKind, seriesKind } from '../domain/series.ts';
import { HOUR_MS, HOURS_A_WEEK, type LedgerState, type Peers, type SeriesState, seriesState } from './state.ts';

/** A count loses half its weight in this long: two working weeks, so that each hour of the week was seen twice. */
const HALF_LIFE_MS = 14 * 24 * HOUR_MS;
const HOURLY_DECAY = 0.5 ** (HOUR_MS / HALF_LIFE_MS);
/** After this long without any article the collection counts as stopped: silence then teaches nothing. */
const OUTAGE_MS = 24 * HOUR_MS;
/** A series with less than this left of its counts is forgotten. */
const FORGET_BELOW = 0.02;
/** Strength, in stories, with which an hour of the day is held to the mean, and an hour of the week to its hour of the day. */
const PROFILE_STRENGTH = 20;

/** Counts one story for a series, in the bucket it was published in. */
export function countStory(state: LedgerState, key: SeriesKey, start: Instant, negativeId: string | undefined): void {
  const series = seriesState(state, key);
  series.stories += 1;
  if (key === 'market') {
    const hour = hourOfWeek(start);
    state.profile.stories[hour] = (state.profile.stories[hour] as number) + 1;
  }
  let bucket = series.recent.findLast((candidate) => candidate.start <= start);
  if (bucket?.start !== start) {
    bucket = { start, stories: 0, negative: 0, negativeIds: [] };
    series.recent.push(bucket);
    if (series.recent.length > 1 && (series.recent.at(-2)?.start ?? 0) > start) series.recent.sort((a, b) => a.start - b.start);
  }
  bucket.stories += 1;
  if (negativeId === undefined) return;
  series.negative += 1;
  bucket.negative += 1;
  bucket.negativeIds.push(negativeId);
}

/** Ends the hour before `hourEnd`: what it taught is kept, everything older weighs a little less. */
export function closeHour(state: LedgerState, hourEnd: Instant): void {
  const observed = state.lastArticleAt !== null && hourEnd - state.lastArticleAt < OUTAGE_MS;
  const longest = Math.max(...state.settings.windowsMs);
  if (observed) learnSpread(state, hourEnd);
  for (const [key, series] of state.series) {
    series.stories *= HOURLY_DECAY;
    series.negative *= HOURLY_DECAY;
    while (series.recent.length > 0 && (series.recent[0]?.start ?? 0) < hourEnd - 2 * longest) series.recent.shift();
    if (series.stories < FORGET_BELOW && series.recent.length === 0 && series.open === null) state.series.delete(key);
  }
  const hour = hourOfWeek(hourEnd - HOUR_MS);
  state.exposure *= HOURLY_DECAY;
  if (!observed) return;
  state.exposure += state.profile.weights[hour] as number;
  const { hours, stories } = state.profile;
  for (let slot = 0; slot < HOURS_A_WEEK; slot += 1) {
    hours[slot] = (hours[slot] as number) * HOURLY_DECAY;
    stories[slot] = (stories[slot] as number) * HOURLY_DECAY;
  }
  hours[hour] = (hours[hour] as number) + 1;
  state.profile.weights = profileWeights(state.profile);
  state.peers = { market: summarise(state, 'market'), topic: summarise(state, 'topic'), entity: summarise(state, 'entity') };
}

/** Compares the windows that end with this hour with what was expected of them: how much more than Poisson they scatter. */
function learnSpread(state: LedgerState, hourEnd: Instant): void {
  for (const [index, windowMs] of state.settings.windowsMs.entries()) {
    if (hourEnd % Math.max(windowMs, HOUR_MS) !== 0) continue;
    const weight = windowWeight(state, hourEnd - windowMs, hourEnd);
    for (const series of state.series.values()) {
      const seen = windowCounts(series, hourEnd - windowMs, hourEnd);
      const exposure = state.exposure - weight;
      if (exposure <= weight) continue;
      const expected = (Math.max(0, series.negative - seen.negative) / exposure) * weight;
      const decay = HOURLY_DECAY ** (windowMs / HOUR_MS);
      series.excess[index] = (series.excess[index] as number) * decay + (seen.negative - expected) ** 2 - expected;
      series.scale[index] = (series.scale[index] as number) * decay + expected ** 2;
    }
  }
}

export interface WindowCounts {
  stories: number;
  negative: number;
}

/** Stories of a series published in [from, to). */
export function windowCounts(series: SeriesState, from: Instant, to: Instant): WindowCounts {
  const counts = { stories: 0, negative: 0 };
  for (let i = series.recent.length - 1; i >= 0; i -= 1) {
    const bucket = series.recent[i];
    if (bucket === undefined || bucket.start < from) break;
    if (bucket.start >= to) continue;
    counts.stories += bucket.stories;
    counts.negative += bucket.negative;
  }
  return counts;
}

/** Hours in [from, to), each weighted by how busy the market is at that hour of the week (1 on average). */
export function windowWeight(state: LedgerState, from: Instant, to: Instant): number {
  let weight = 0;
  for (let at = from; at < to; ) {
    const next = Math.min(to, (Math.floor(at / HOUR_MS) + 1) * HOUR_MS);
    weight += ((state.profile.weights[hourOfWeek(at)] as number) * (next - at)) / HOUR_MS;
    at = next;
  }
  return weight;
}

/** How busy each hour of the week is, 1 on average: hours of the day first, then each weekday's departure from them. */
function profileWeights(profile: LedgerState['profile']): number[] {
  const { stories, hours } = profile;
  const sum = (values: readonly number[], keep: (slot: number) => boolean): number =>
    values.reduce((total, value, slot) => (keep(slot) ? total + value : total), 0);
  const allStories = sum(stories, () => true);
  const allHours = sum(hours, () => true);
  if (allHours === 0 || allStories === 0) return new Array<number>(HOURS_A_WEEK).fill(1);
  const mean = allStories / allHours;
  const ofDay = Array.from({ length: 24 }, (_, hour) => {
    const dayHours = sum(hours, (slot) => slot % 24 === hour);
    return (sum(stories, (slot) => slot % 24 === hour) + PROFILE_STRENGTH) / (dayHours * mean + PROFILE_STRENGTH);
  });
  return stories.map((count, slot) => {
    const day = ofDay[slot % 24] as number;
    return (day * (count + PROFILE_STRENGTH)) / ((hours[slot] as number) * mean * day + PROFILE_STRENGTH);
  });
}

function hourOfWeek(at: Instant): number {
  return Math.floor(at / HOUR_MS) % HOURS_A_WEEK;
}

/** What the series of one kind have in common. */
function summarise(state: LedgerState, kind: SeriesKind): Peers {
  const windows = state.settings.windowsMs.length;
  const excess = new Array<number>(windows).fill(0);
  const scale = new Array<number>(windows).fill(0);
  let count = 0;
  let stories = 0;
  let negative = 0;
  for (const [key, series] of state.series) {
    if (seriesKind(key) !== kind) continue;
    count += 1;
    stories += series.stories;
    negative += series.negative;
    for (let i = 0; i < windows; i += 1) {
      excess[i] = (excess[i] as number) + (series.excess[i] as number);
      scale[i] = (scale[i] as number) + (series.scale[i] as number);
    }
  }
  return {
    count,
    rate: state.exposure > 0 && count > 0 ? negative / count / state.exposure : 0,
    share: stories > 0 ? negative / stories : 0,
    dispersion: excess.map((sum, i) => ((scale[i] as number) > 0 ? Math.max(0, sum / (scale[i] as number)) : 1)),
  };
}
