/*
 * What the HTTP API says, for the server and the dashboard alike. Instants are milliseconds since the epoch, on the log's
 * clock. This file is types only: the browser gets it too.
 */
import type { SeriesKey } from '../domain/series.ts';
import type { Alert, SeriesPoint, Story } from '../domain/trends.ts';

/** `GET /api/overview`: what is going on, and which series are furthest from their own normal. */
export interface Overview {
  /** The log's clock; null before the first article. */
  readonly now: number | null;
  /** Width of the present that is compared with the series' own past. */
  readonly recentMs: number;
  readonly topics: readonly Mover[];
  readonly companies: readonly Mover[];
  readonly openAlerts: readonly Alert[];
}

/** A series, now and usually. */
export interface Mover {
  readonly series: SeriesKey;
  readonly name: string;
  readonly stories: number;
  readonly negative: number;
  readonly positive: number;
  /** Mean tone of the recent stories, −1 to 1. */
  readonly tone: number;
  /** What the series' own past leads one to expect. */
  readonly usual: { readonly storiesPerDay: number; readonly tone: number };
  /** How far the recent tone is from the usual one, in standard errors; below 0 is worse than usual. */
  readonly departure: number;
}

/** `GET /api/series?key=…&hours=24`: one series over time, with its alerts. */
export interface SeriesAnswer {
  readonly series: SeriesKey;
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly widthMs: number;
  /** Only stretches with news, by start. */
  readonly points: readonly SeriesPoint[];
  readonly alerts: readonly Alert[];
}

/** `GET /api/series/names`: every series that can be chosen, the busiest first. */
export type SeriesNames = readonly { readonly series: SeriesKey; readonly name: string; readonly articles: number }[];

/** `GET /api/stories?series=…&before=…&limit=…`, newest first. */
export type StoriesAnswer = readonly Story[];

/** `GET /api/alerts?status=…&series=…&limit=…`, newest first. */
export type AlertsAnswer = readonly Alert[];

/** `GET /api/status`: the state of each feed and pipeline. */
export interface Status {
  readonly mode: 'demo' | 'live' | 'unknown';
  readonly version: string;
  readonly bundle: string;
  readonly now: number | null;
  readonly pipelines: readonly PipelineStatus[];
  readonly feeds: readonly FeedStatus[];
}

export interface PipelineStatus {
  readonly name: string;
  readonly received: number;
  readonly sent: number;
  readonly discarded: number;
  readonly errors: number;
  /** Records that wait; null for a pipeline that reads no log. */
  readonly lag: number | null;
}

export interface FeedStatus {
  readonly name: string;
  readonly state: 'ok' | 'failing' | 'waiting';
  /** When it was last asked, and when it will be again. */
  readonly polledAt: number | null;
  readonly nextAt: number | null;
  readonly failures: number;
  /** Why the last poll failed, or ''. */
  readonly error: string;
}

/**
 * `GET /api/events`, server-sent events. `story` and `alert` carry the document, `status` a `Status` about every second,
 * `gap` says that more happened than was sent: ask for the lists again. The id of an event is the cursor of `Last-Event-ID`.
 */
export interface Events {
  readonly story: Story;
  readonly alert: Alert;
  readonly status: Status;
  readonly gap: Record<string, never>;
}
