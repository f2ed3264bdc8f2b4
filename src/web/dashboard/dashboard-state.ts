import type { SeriesKey } from '../../domain/series.ts';
import type { Alert, Story } from '../../domain/trends.ts';
import type { Overview, SeriesAnswer, SeriesNames, Status } from '../contract.ts';
import { fetchAlerts, fetchNames, fetchOverview, fetchSeries, fetchStatus, fetchStories } from './api.ts';
import { type Connection, listen } from './live.ts';
import { compareAlerts } from './wording.ts';

const MAX_STORIES = 100;
const MAX_ALERTS = 100;
/** How many alerts the server is asked for; the open ones come with the overview besides. */
const RECENT_ALERTS = 20;
const BUSY_REFRESH_MS = 2_000;
const IDLE_REFRESH_MS = 15_000;
const RETRY_MS = 5_000;
/** A replay sends hundreds of events a second; nobody reads faster than four pictures. */
const PAINT_MS = 250;

/** What the page shows. Fetched lists are kept current by events; averages are fetched again, throttled, while events come. */
export class DashboardState {
  connection: Connection = 'connecting';
  status: Status | null = null;
  overview: Overview | null = null;
  names: SeriesNames = [];
  series: SeriesKey = 'market';
  hours = 24;
  answer: SeriesAnswer | null = null;
  /** Newest first, of the chosen series; null until they came. */
  stories: readonly Story[] | null = null;
  alerts: readonly Alert[] = [];
  /** Why the last fetch failed, or ''. */
  problem = '';

  readonly #paint: () => void;
  #painting = false;
  #listsAreStale = true;
  #refreshing = false;
  #refreshAt = Number.POSITIVE_INFINITY;
  #refreshTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(paint: () => void) {
    this.#paint = paint;
  }

  start(): void {
    const listsMayMiss = () => {
      this.#listsAreStale = true;
      this.#refreshWithin(BUSY_REFRESH_MS);
    };
    listen({
      story: (story) => this.#takeStory(story),
      alert: (alert) => {
        this.#takeAlerts([alert]);
        this.#refreshWithin(BUSY_REFRESH_MS);
      },
      status: (status) => {
        this.status = status;
        this.#paintSoon();
      },
      gap: listsMayMiss,
      restarted: listsMayMiss,
      connection: (connection) => {
        this.connection = connection;
        this.#paintSoon();
      },
    });
    this.#refreshWithin(0);
  }

  choose(series: SeriesKey, hours: number): void {
    if (series !== this.series) {
      this.stories = null;
      this.#listsAreStale = true;
    }
    this.series = series;
    this.hours = hours;
    this.#paint();
    this.#refreshWithin(0);
  }

  #takeStory(story: Story): void {
    this.#refreshWithin(BUSY_REFRESH_MS);
    if (this.stories === null || !(this.series === 'market' || story.series.includes(this.series))) return;
    this.#takeStories([story], this.stories);
  }

  #takeStories(incoming: readonly Story[], known: readonly Story[]): void {
    const byId = newest(known, incoming);
    this.stories = [...byId.values()].sort((a, b) => b.publishedAt - a.publishedAt).slice(0, MAX_STORIES);
    this.#paintSoon();
  }

  #takeAlerts(incoming: readonly Alert[], known = this.alerts): void {
    this.alerts = [...newest(known, incoming).values()].sort(compareAlerts).slice(0, MAX_ALERTS);
    this.#paintSoon();
  }

  /** Brings the next refresh forward, never back. */
  #refreshWithin(delayMs: number): void {
    const at = performance.now() + delayMs;
    if (at >= this.#refreshAt) return;
    this.#refreshAt = at;
    clearTimeout(this.#refreshTimer);
    this.#refreshTimer = setTimeout(() => void this.#refresh(), delayMs);
  }

  async #refresh(): Promise<void> {
    this.#refreshAt = Number.POSITIVE_INFINITY;
    if (this.#refreshing) return this.#refreshWithin(PAINT_MS);
    this.#refreshing = true;
    const { series, hours } = this;
    const lists = this.#listsAreStale || this.connection !== 'live';
    this.#listsAreStale = false;
    try {
      const [overview, answer, alerts, stories, names, status] = await Promise.all([
        fetchOverview(),
        fetchSeries(series, hours),
        lists ? fetchAlerts(RECENT_ALERTS) : [],
        lists ? fetchStories(series, MAX_STORIES) : null,
        lists || this.names.length === 0 ? fetchNames() : this.names,
        this.connection === 'live' && this.status !== null ? this.status : fetchStatus(),
      ]);
      this.overview = overview;
      this.names = names;
      this.status = this.connection === 'live' && this.status !== null ? this.status : status;
      this.#takeAlerts([...overview.openAlerts, ...alerts], lists ? [] : this.alerts);
      // The user may have chosen another series meanwhile.
      if (series === this.series && hours === this.hours) this.answer = answer;
      if (series === this.series && stories !== null) this.#takeStories(stories, this.stories ?? []);
      this.problem = '';
      this.#refreshWithin(IDLE_REFRESH_MS);
    } catch (error) {
      this.#listsAreStale ||= lists;
      this.problem = error instanceof Error ? error.message : String(error);
      this.#refreshWithin(RETRY_MS);
    } finally {
      this.#refreshing = false;
      this.#paintSoon();
    }
  }

  #paintSoon(): void {
    if (this.#painting) return;
    this.#painting = true;
    setTimeout(() => {
      this.#painting = false;
      this.#paint();
    }, PAINT_MS);
  }
}

/** By id; where both know one, the version that was updated last. */
function newest<T extends { readonly id: string; readonly updatedAt: number }>(known: readonly T[], incoming: readonly T[]) {
  const byId = new Map(known.map((one) => [one.id, one]));
  for (const one of incoming) {
    const present = byId.get(one.id);
    if (present === undefined || one.updatedAt >= present.updatedAt) byId.set(one.id, one);
  }
  return byId;
}
