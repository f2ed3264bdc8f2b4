import { seriesKind, seriesName } from '../../domain/series.ts';
import type { SeriesTotal, TrendStore } from '../../store/trend-port.ts';
import type { Mover } from '../contract.ts';

const DAY_MS = 86_400_000;
/** What counts as the present, and the past before it that it is compared with. */
export const RECENT_MS = DAY_MS;
const PAST_MS = 14 * DAY_MS;
/** Strength, in stories, with which a series' past is held to that of all series of its kind. */
const STRENGTH = 10;
/** Fewer recent stories than this say nothing about a tone. */
const MIN_STORIES = 3;
/** Rows of one aggregation: far more series than are in the news in two weeks. */
const MAX_SERIES = 20_000;
const SHOWN = 8;

export interface Movers {
  readonly topics: readonly Mover[];
  readonly companies: readonly Mover[];
}

/** The topics and companies whose recent tone is furthest from their own normal, the furthest first. */
export async function movers(trends: TrendStore, now: number): Promise<Movers> {
  const from = now - RECENT_MS;
  const [recent, past] = await Promise.all([
    trends.totals({ from, to: now + 1, limit: MAX_SERIES }),
    trends.totals({ from: from - PAST_MS, to: from, limit: MAX_SERIES }),
  ]);
  const of = (kind: 'topic' | 'entity'): Mover[] => {
    const peers = past.filter(({ series }) => seriesKind(series) === kind);
    const known = new Map(peers.map((total) => [total.series, total]));
    const prior = pooled(peers);
    return recent
      .filter(({ series, stories }) => seriesKind(series) === kind && stories >= MIN_STORIES)
      .map((total) => moverOf(total, known.get(total.series), prior))
      .sort((a, b) => Math.abs(b.departure) - Math.abs(a.departure) || (a.series < b.series ? -1 : 1))
      .slice(0, SHOWN);
  };
  return { topics: of('topic'), companies: of('entity') };
}

interface Moments {
  readonly tone: number;
  readonly variance: number;
}

/**
 * The difference of two means in standard errors: the recent tone against the series' own past, which is shrunk towards its
 * peers by `STRENGTH` stories. Variances come from the counts of labels (+1, 0, −1).
 */
export function moverOf(recent: SeriesTotal, past: SeriesTotal | undefined, prior: Moments): Mover {
  const stories = past?.stories ?? 0;
  const usualTone = ((past?.tone ?? 0) * stories + prior.tone * STRENGTH) / (stories + STRENGTH);
  const variance =
    (prior.variance * STRENGTH + spread(recent) + (past === undefined ? 0 : spread(past))) /
    (STRENGTH + recent.stories + stories);
  const error = Math.sqrt(variance * (1 / recent.stories + 1 / (stories + STRENGTH)));
  return {
    series: recent.series,
    name: seriesName(recent.series),
    stories: recent.stories,
    negative: recent.negative,
    positive: recent.positive,
    tone: recent.tone,
    usual: { storiesPerDay: (stories * DAY_MS) / PAST_MS, tone: usualTone },
    departure: error > 0 ? (recent.tone - usualTone) / error : 0,
  };
}

/** Sum of squared differences of the labels (+1, 0, −1) from their mean. */
function spread({ stories, negative, positive }: SeriesTotal): number {
  return stories === 0 ? 0 : negative + positive - (positive - negative) ** 2 / stories;
}

/** A series of a kind as it is on average; neutral, and half of the stories not, before anything was seen. */
function pooled(totals: readonly SeriesTotal[]): Moments {
  let stories = STRENGTH;
  let tone = 0;
  let squares = STRENGTH / 2;
  for (const total of totals) {
    stories += total.stories;
    tone += total.tone * total.stories;
    squares += spread(total);
  }
  return { tone: tone / stories, variance: squares / stories };
}
