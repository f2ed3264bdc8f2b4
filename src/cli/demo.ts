import { fileURLToPath } from 'node:url';
import type { RecordedRow } from '../../pipelines/replay.ts';
import type { Instant } from '../domain/article.ts';
import { systemClock } from '../domain/clock.ts';
import { readArticleFile } from '../feeds/article-file.ts';

/** The sample: see `demo/README.md` for what it is and where it is from. */
const SAMPLE = fileURLToPath(new URL('demo/stocknet-2015.ndjson.gz', import.meta.url));
/** From here on it passes slowly enough to watch; what is before gives every series its history. */
const SLOW_FROM: Instant = Date.UTC(2015, 9, 14, 15);

export function demoRows(): AsyncIterable<RecordedRow> {
  return readArticleFile(SAMPLE, { source: 'Twitter', replay: true, clock: systemClock });
}

/** As fast as it goes up to the last day, then `speed` times faster than the articles' clock. */
export function demoSpeed(speed: number): (at: Instant) => number {
  return (at) => (at < SLOW_FROM ? Number.POSITIVE_INFINITY : speed);
}
