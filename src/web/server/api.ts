import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { parseSeriesKey, seriesName } from '../../domain/series.ts';
import type { StateStore } from '../../store/state-port.ts';
import type { TrendStore } from '../../store/trend-port.ts';
import type { AlertsAnswer, Overview, SeriesAnswer, SeriesNames, Status, StoriesAnswer } from '../contract.ts';
import type { EventHub } from './event-hub.ts';
import { movers, RECENT_MS } from './movers.ts';
import { readStatus } from './status.ts';

export interface ApiOptions {
  readonly trends: TrendStore;
  readonly states: StateStore;
}

const HOUR_MS = 3_600_000;
const MAX_HOURS = 24 * 366;
/** Widths of a point, by the longest period that they are used for: at most some 300 points. */
const WIDTHS: readonly (readonly [hours: number, widthMs: number])[] = [
  [6, HOUR_MS / 6],
  [48, HOUR_MS / 2],
  [24 * 8, 2 * HOUR_MS],
  [24 * 32, 6 * HOUR_MS],
  [MAX_HOURS, 48 * HOUR_MS],
];

const seriesKey = z.string().transform((text, context) => {
  const key = parseSeriesKey(text);
  if (key === undefined) context.addIssue('expected market, topic:<label> or entity:<symbol>');
  return key ?? z.NEVER;
});
const limit = z.coerce.number().int().min(1).max(500);
const seriesQuery = z.object({ key: seriesKey.prefault('market'), hours: z.coerce.number().min(1).max(MAX_HOURS).default(24) });
const storiesQuery = z.object({ series: seriesKey.optional(), before: z.coerce.number().optional(), limit: limit.default(50) });
const alertsQuery = z.object({
  status: z.enum(['open', 'resolved']).optional(),
  series: seriesKey.optional(),
  limit: limit.default(50),
});

/** The answers that `contract.ts` describes. */
export function addApi(app: FastifyInstance, { trends, states }: ApiOptions, hub: EventHub): void {
  app.get('/api/status', (): Promise<Status> => readStatus(states));

  app.get('/api/overview', async (): Promise<Overview> => {
    const now = await clockOf(trends, states);
    const openAlerts = await trends.alerts({ status: 'open', limit: 100 });
    if (now === null) return { now, recentMs: RECENT_MS, topics: [], companies: [], openAlerts };
    return { now, recentMs: RECENT_MS, ...(await movers(trends, now)), openAlerts };
  });

  app.get('/api/series', async (request): Promise<SeriesAnswer> => {
    const { key, hours } = seriesQuery.parse(request.query);
    const widthMs = (WIDTHS.find(([longest]) => hours <= longest) ?? [MAX_HOURS, 48 * HOUR_MS])[1];
    const to = Math.floor(((await clockOf(trends, states)) ?? 0) / widthMs + 1) * widthMs;
    const from = Math.ceil((to - hours * HOUR_MS) / widthMs) * widthMs;
    const points = await trends.series({ series: key, from, to, widthMs });
    const alerts = await trends.alerts({ series: key, from: from - 7 * 24 * HOUR_MS, limit: 100 });
    const shown = alerts.filter((alert) => alert.resolvedAt === null || alert.resolvedAt >= from);
    return { series: key, name: seriesName(key), from, to, widthMs, points, alerts: shown };
  });

  app.get('/api/series/names', async (): Promise<SeriesNames> => {
    const totals = await trends.totals({ from: 0, to: Number.MAX_SAFE_INTEGER, limit: 1000 });
    return totals.map(({ series, articles }) => ({ series, name: seriesName(series), articles }));
  });

  app.get('/api/stories', (request): Promise<StoriesAnswer> => trends.stories(present(storiesQuery.parse(request.query))));

  app.get('/api/alerts', (request): Promise<AlertsAnswer> => trends.alerts(present(alertsQuery.parse(request.query))));

  app.get('/api/events', async (request, reply) => {
    if (hub.isFull) return reply.code(503).send({ error: { code: 'E_UNKNOWN', message: 'Too many browsers listen already.' } });
    const lastEventId = Number(request.headers['last-event-id'] ?? Number.NaN);
    await hub.add(Number.isNaN(lastEventId) ? undefined : lastEventId, () => {
      const headers = {
        ...reply.getHeaders(),
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      };
      reply.hijack();
      reply.raw.writeHead(200, headers as Record<string, string>);
      return reply.raw;
    });
  });
}

/** Optional keys that are undefined are left out, as `exactOptionalPropertyTypes` wants it. */
function present<T extends object>(query: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** The log's clock, or the newest story's time where that is later (between two ticks) or no ledger tells. */
async function clockOf(trends: TrendStore, states: StateStore): Promise<number | null> {
  const { now } = await readStatus(states);
  const [newest] = await trends.stories({ limit: 1 });
  if (newest === undefined) return now;
  return Math.max(now ?? 0, newest.publishedAt);
}
