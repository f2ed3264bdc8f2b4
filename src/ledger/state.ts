import type { Instant } from '../domain/article.ts';
import type { SeriesKey, SeriesKind } from '../domain/series.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { Alert, Rollup, Story } from '../domain/trends.ts';

/** A story that still takes articles. */
export interface LiveStory {
  readonly exact: string;
  readonly simhash: string;
  readonly words: number;
  /** Offset of its first article: the tie-break between two stories that are equally near. */
  readonly since: number;
  doc: Story;
}

/** What one bucket holds for the surge test: articles that were not late. */
export interface RecentBucket {
  readonly start: Instant;
  stories: number;
  negative: number;
  /** Ids of the negative stories, in order of arrival. */
  readonly negativeIds: string[];
}

export interface OpenAlert {
  alert: Alert;
  /** Chance of the count at its strongest; an update is due when it falls well below. */
  strongest: number;
  /** Since when the series has been calm, or null while it is not. */
  calmSince: Instant | null;
}

export interface SeriesState {
  /** Stories and negative stories counted so far, older ones decayed (`history.ts`). */
  stories: number;
  negative: number;
  /** By window: decayed sums of (k − λ)² − λ and of λ² over past windows; their ratio is the over-dispersion. */
  excess: number[];
  scale: number[];
  recent: RecentBucket[];
  open: OpenAlert | null;
  /** Windows reach back no further than the last resolution: news that was alerted once is not alerted again. */
  resolvedAt: Instant | null;
}

export interface Counters {
  articles: number;
  repeats: number;
  stories: number;
  late: number;
  alerts: number;
}

/** What the series of one kind have in common, as of the last closed hour; a young series is shrunk towards it. */
export interface Peers {
  readonly count: number;
  /** Negative stories per weighted hour of the mean series. */
  readonly rate: number;
  /** Negative stories among all. */
  readonly share: number;
  /** Over-dispersion, by window. */
  readonly dispersion: readonly number[];
}

/** Everything the fold remembers. Plain data: a snapshot is its JSON (`snapshot.ts`). */
export interface LedgerState {
  settings: LedgerSettings;
  /** Offset of the next record. */
  next: number;
  /** The log's clock: the newest tick, at a bucket's start. Null before the first record. */
  now: Instant | null;
  startedAt: Instant | null;
  /** Newest arrival of an article. */
  lastArticleAt: Instant | null;
  bundle: string;
  readonly counters: Counters;
  /** Ids of articles folded before, in two generations: each is remembered for one to two dedupe windows. */
  seen: { current: Set<string>; previous: Set<string>; rotatedAt: Instant | null };
  /** By id, least recently extended first. */
  readonly stories: Map<string, LiveStory>;
  /** Rollups that may still change, by id. */
  readonly rollups: Map<string, Rollup>;
  readonly series: Map<SeriesKey, SeriesState>;
  /** Observed time in hours, weighted by the profile and decayed like the counts: what rates are taken over. */
  exposure: number;
  readonly profile: {
    /** Stories of the market by hour of the week (0 = Thursday 00:00 UTC, as the epoch was), decayed; and hours observed. */
    readonly stories: number[];
    readonly hours: number[];
    /** How busy each hour of the week is, 1 on average; as of the last closed hour. */
    weights: number[];
  };
  peers: Readonly<Record<SeriesKind, Peers>>;
}

export const HOUR_MS = 3_600_000;
export const HOURS_A_WEEK = 168;
/** A rollup stays in the fold's memory for this long after its bucket; what comes later still becomes a fragment. */
export const ROLLUP_MEMORY_MS = 48 * HOUR_MS;

export function emptyState(settings: LedgerSettings): LedgerState {
  const alone: Peers = { count: 0, rate: 0, share: 0, dispersion: settings.windowsMs.map(() => 1) };
  return {
    settings,
    next: 0,
    now: null,
    startedAt: null,
    lastArticleAt: null,
    bundle: '',
    counters: { articles: 0, repeats: 0, stories: 0, late: 0, alerts: 0 },
    seen: { current: new Set(), previous: new Set(), rotatedAt: null },
    stories: new Map(),
    rollups: new Map(),
    series: new Map(),
    exposure: 0,
    profile: {
      stories: new Array<number>(HOURS_A_WEEK).fill(0),
      hours: new Array<number>(HOURS_A_WEEK).fill(0),
      weights: new Array<number>(HOURS_A_WEEK).fill(1),
    },
    peers: { market: alone, topic: alone, entity: alone },
  };
}

export function seriesState(state: LedgerState, key: SeriesKey): SeriesState {
  let series = state.series.get(key);
  if (series === undefined) {
    const windows = state.settings.windowsMs.length;
    series = {
      stories: 0,
      negative: 0,
      excess: new Array<number>(windows).fill(0),
      scale: new Array<number>(windows).fill(0),
      recent: [],
      open: null,
      resolvedAt: null,
    };
    state.series.set(key, series);
  }
  return series;
}
