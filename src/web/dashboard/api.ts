import type { SeriesKey } from '../../domain/series.ts';
import type { AlertsAnswer, Overview, SeriesAnswer, SeriesNames, Status, StoriesAnswer } from '../contract.ts';

/** A request that takes longer has hung: the page asks again rather than wait. */
const TIMEOUT_MS = 10_000;

/** The server is ours and of the same release, so its answers are taken at their word. */
async function get<T>(path: string, query: Record<string, string | number> = {}): Promise<T> {
  const parameters = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  const response = await fetch(`./api/${path}${parameters.size > 0 ? `?${parameters}` : ''}`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept: 'application/json' },
  });
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return response.json() as Promise<T>;
}

export const fetchStatus = () => get<Status>('status');
export const fetchOverview = () => get<Overview>('overview');
export const fetchNames = () => get<SeriesNames>('series/names');
export const fetchSeries = (key: SeriesKey, hours: number) => get<SeriesAnswer>('series', { key, hours });
export const fetchStories = (series: SeriesKey, limit: number) => get<StoriesAnswer>('stories', { series, limit });
export const fetchAlerts = (limit: number) => get<AlertsAnswer>('alerts', { limit });
