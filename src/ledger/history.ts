import type { Instant } from '../domain/article.ts';
import { type SeriesKey, seriesKind } from '../domain/series.ts';
import { HOUR_MS, HOURS_A_WEEK, type KindHistory, type LedgerState, type SeriesState, seriesState } from './state.ts';

/*
 * Counts lose half their weight in two weeks, so that each hour of the week was seen twice. The decay is a forward one
 * (Cormode et al., 2009): what is counted at time t enters the sums with weight 2^((t − origin) / half-life), and a sum is
 * divided by the present weight when it is read. So nothing has to be touched as time passes.
 */
const HALF_LIFE_MS = 14 * 24 * HOUR_MS;
/** The origin moves when weights pass 2^64; powers of two scale exactly. */
const MAX_HALF_LIVES = 64;
/** After this long without any article the collection counts as stopped: silence then teaches nothing. */
const OUTAGE_MS = 24 * HOUR_MS;
/** A series with less than this left of its counts is forgotten. */
const FORGET_BELOW = 0.02;
/** Strength, in stories, with which an hour of the day is held to the mean, and an hour of the week to its hour of the day. */
const PROFILE_STRENGTH = 20;
const DAY_MS = 24 * HOUR_MS;

/** The weight of what happens at an instant; divide a sum by it to know what the sum is worth then. */
export function weightAt(state: LedgerState, at: Instant): number {
  return 2 ** ((at - state.origin) / HALF_LIFE_MS);
}

/** Counts one story for a series that arrived at `at`, in the bucket it was published in. */
export function countStory(
  state: LedgerState,
  key: SeriesKey,
  at: Instant,
  bucket: Instant,
  negativeId: string | undefined,
): void {
  const series = seriesState(state, key);
  const kind = state.kinds[seriesKind(key)];
  settleWindows(state, series, kind, at);
  const weight = weightAt(state, at);
  series.stories += weight;
  kind.stories += weight;
  if (key === 'market') add(state.profile.stories, hourOfWeek(at), weight);
  const recent = recentBucket(state, series, bucket);
  recent.stories += 1;
  if (negativeId === undefined) return;
  series.negative += weight;
  kind.negative += weight;
  recent.negative += 1;
  recent.negativeIds.push(negativeId);
}

function recentBucket(state: LedgerState, series: SeriesState, start: Instant): SeriesState['recent'][number] {
  const present = series.recent.findLast((bucket) => bucket.start <= start);
  if (present?.start === start) return present;
  const oldest = start - 2 * Math.max(...state.settings.windowsMs);
  const bucket = { start, stories: 0, negative: 0, negativeIds: [] };
  series.recent = [...series.recent.filter((other) => other.start >= oldest), bucket];
  if (present !== series.recent.at(-2)) series.recent.sort((a, b) => a.start - b.start);
  return bucket;
}

/** Ends the hour before `hourEnd`: time in which news could have come. */
export function closeHour(state: LedgerState, hourEnd: Instant): void {
  if (hourEnd % DAY_MS === 0) closeDay(state, hourEnd);
  if (state.lastArticleAt === null || hourEnd - state.lastArticleAt >= OUTAGE_MS) return;
  const hour = hourOfWeek(hourEnd - HOUR_MS);
  const weight = weightAt(state, hourEnd);
  state.exposure += weight * (state.profile.weights[hour] as number);
  add(state.profile.hours, hour, weight);
}

/**
 * Learns from the windows that ended since the series was last in the news how much more than Poisson they scatter: sums
 * (k − λ)² − λ and λ², whose ratio estimates the over-dispersion.
 */
function settleWindows(state: LedgerState, series: SeriesState, kind: KindHistory, at: Instant): void {
  for (const [index, windowMs] of state.settings.windowsMs.entries()) {
    const present = Math.floor(at / windowMs);
    const last = series.windows[index] as number;
    if (present <= last) continue;
    series.windows[index] = present;
    if (last < 0) continue;
    const to = (last + 1) * windowMs;
    const exposure = state.exposure / weightAt(state, at) - windowMs / HOUR_MS;
    if (exposure <= windowMs / HOUR_MS) continue;
    const { negative } = windowCounts(series, to - windowMs, to);
    const rate = Math.max(0, series.negative / weightAt(state, at) - negative) / exposure;
    const expected = rate * windowWeight(state, to - windowMs, to);
    const quiet = present - last - 1;
    const usual = (rate * windowMs) / HOUR_MS;
    const weight = weightAt(state, to);
    const excess = weight * ((negative - expected) ** 2 - expected + quiet * (usual ** 2 - usual));
    const scale = weight * (expected ** 2 + quiet * usual ** 2);
    add(series.excess, index, excess);
    add(series.scale, index, scale);
    add(kind.excess, index, excess);
    add(kind.scale, index, scale);
  }
}

/** Once a day: the profile is brought up to date, series that fell silent are forgotten, weights are kept in range. */
function closeDay(state: LedgerState, dayEnd: Instant): void {
  state.profile.weights = profileWeights(state.profile, weightAt(state, dayEnd));
  const halfLives = Math.floor((dayEnd - state.origin) / HALF_LIFE_MS);
  if (halfLives >= MAX_HALF_LIVES) moveOrigin(state, halfLives);
  const floor = FORGET_BELOW * weightAt(state, dayEnd);
  for (const [key, series] of state.series) {
    if (series.stories >= floor || series.open !== null) continue;
    state.series.delete(key);
    state.kinds[seriesKind(key)].count -= 1;
  }
}

function moveOrigin(state: LedgerState, halfLives: number): void {
  const factor = 2 ** -halfLives;
  const scaled = (values: readonly number[]): number[] => values.map((value) => value * factor);
  state.origin += halfLives * HALF_LIFE_MS;
  state.exposure *= factor;
  state.profile.stories = scaled(state.profile.stories);
  state.profile.hours = scaled(state.profile.hours);
  for (const sums of [...state.series.values(), ...Object.values(state.kinds)]) {
    sums.stories *= factor;
    sums.negative *= factor;
    sums.excess = scaled(sums.excess);
    sums.scale = scaled(sums.scale);
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
function profileWeights({ stories, hours }: LedgerState['profile'], present: number): number[] {
  const sum = (values: readonly number[], keep: (slot: number) => boolean): number =>
    values.reduce((total, value, slot) => (keep(slot) ? total + value : total), 0);
  const allStories = sum(stories, () => true);
  const allHours = sum(hours, () => true);
  if (allHours === 0 || allStories === 0) return new Array<number>(HOURS_A_WEEK).fill(1);
  const mean = allStories / allHours;
  const strength = PROFILE_STRENGTH * present;
  const ofDay = Array.from({ length: 24 }, (_, hour) => {
    const dayHours = sum(hours, (slot) => slot % 24 === hour);
    return (sum(stories, (slot) => slot % 24 === hour) + strength) / (dayHours * mean + strength);
  });
  return stories.map((count, slot) => {
    const day = ofDay[slot % 24] as number;
    return (day * (count + strength)) / ((hours[slot] as number) * mean * day + strength);
  });
}

function hourOfWeek(at: Instant): number {
  return Math.floor(at / HOUR_MS) % HOURS_A_WEEK;
}

function add(values: number[], index: number, amount: number): void {
  values[index] = (values[index] as number) + amount;
}
