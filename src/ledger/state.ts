import type { Instant } from '../domain/article.ts';
import { type SeriesKey, type SeriesKind, seriesKind } from '../domain/series.ts';
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

/** What was counted; sums carry the weights of `history.ts`. */
export interface Sums {
  stories: number;
  negative: number;
  /** By window: sums of (k − λ)² − λ and of λ² over past windows; their ratio is the over-dispersion. */
  excess: number[];
  scale: number[];
}

export interface SeriesState extends Sums {
  /** By window: number of the window that the newest story fell into; −1 before the first. */
  windows: number[];
  /** Buckets of the last two longest windows, by start. */
  recent: RecentBucket[];
  open: OpenAlert | null;
  /** Windows reach back no further than the last resolution: news that was alerted once is not alerted again. */
  resolvedAt: Instant | null;
}

/** What the series of one kind have in common; a young series is shrunk towards it. */
export interface KindHistory extends Sums {
  /** Series in memory. */
  count: number;
}

export interface Counters {
  articles: number;
  repeats: number;
  stories: number;
  late: number;
  alerts: number;
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
  /** The series that have an open alert. */
  readonly open: Set<SeriesKey>;
  /** What forward weights are relative to. */
  origin: Instant;
  /** Sum over the observed hours, weighted by the profile too: what rates are taken over. */
  exposure: number;
  readonly profile: {
    /** Stories of the market by hour of the week (0 = Thursday 00:00 UTC, as the epoch was), and hours observed. */
    stories: number[];
    hours: number[];
    /** How busy each hour of the week is, 1 on average; brought up to date once a day. */
    weights: number[];
  };
  readonly kinds: Readonly<Record<SeriesKind, KindHistory>>;
}

export const HOUR_MS = 3_600_000;
export const HOURS_A_WEEK = 168;
/** A rollup stays in the fold's memory for this long after its bucket; what comes later still becomes a fragment. */
export const ROLLUP_MEMORY_MS = 48 * HOUR_MS;

export function emptyState(settings: LedgerSettings): LedgerState {
  const ofWeek = (value: number): number[] => new Array<number>(HOURS_A_WEEK).fill(value);
  const kind = (): KindHistory => ({ count: 0, ...emptySums(settings.windowsMs.length) });
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
    open: new Set(),
    origin: 0,
    exposure: 0,
    profile: { stories: ofWeek(0), hours: ofWeek(0), weights: ofWeek(1) },
    kinds: { market: kind(), topic: kind(), entity: kind() },
  };
}

function emptySums(windows: number): Sums {
  const zeros = (): number[] => new Array<number>(windows).fill(0);
  return { stories: 0, negative: 0, excess: zeros(), scale: zeros() };
}

/** The state of a series, begun when there is none. */
export function seriesState(state: LedgerState, key: SeriesKey): SeriesState {
  const present = state.series.get(key);
  if (present !== undefined) return present;
  const windows = state.settings.windowsMs.length;
  const series = {
    ...emptySums(windows),
    windows: new Array<number>(windows).fill(-1),
    recent: [],
    open: null,
    resolvedAt: null,
  };
  state.series.set(key, series);
  state.kinds[seriesKind(key)].count += 1;
  return series;
}

/** What was learnt about windows of other lengths says nothing about the new ones. */
export function adoptSettings(state: LedgerState, settings: LedgerSettings): void {
  const sameWindows = JSON.stringify(settings.windowsMs) === JSON.stringify(state.settings.windowsMs);
  state.settings = settings;
  if (sameWindows) return;
  const { excess, scale } = emptySums(settings.windowsMs.length);
  for (const sums of [...state.series.values(), ...Object.values(state.kinds)]) {
    sums.excess = [...excess];
    sums.scale = [...scale];
  }
  for (const series of state.series.values()) series.windows = settings.windowsMs.map(() => -1);
}
