import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RecordedRow } from '../../pipelines/replay.ts';
import type { Instant } from '../domain/article.ts';
import { contentId } from '../domain/article-id.ts';
import { systemClock } from '../domain/clock.ts';
import { readArticleFile } from '../feeds/article-file.ts';

/** What is played in place of live feeds, on the articles' own clock. */
export interface Recording {
  readonly name: string;
  readonly rows: () => AsyncIterable<RecordedRow>;
  readonly speed: (at: Instant) => number;
}

/** The sample: see `demo/README.md` for what it is and where it is from. */
const SAMPLE = fileURLToPath(new URL('demo/stocknet-2015.ndjson.gz', import.meta.url));
/** From here on it passes slowly enough to watch; what is before gives every series its history. */
const SLOW_FROM: Instant = Date.UTC(2015, 9, 14, 15);

/** The demo: as fast as it goes up to its last day, then `speed` times faster than the articles' clock. */
export const demo = (speed: number): Recording => ({
  name: 'demo',
  rows: () => readArticleFile(SAMPLE, { source: 'Twitter', replay: true, clock: systemClock }),
  speed: (at) => (at < SLOW_FROM ? Number.POSITIVE_INFINITY : speed),
});

/** Files of the user's, one after the other. */
export const recordingOf = (files: readonly string[], speed: number): Recording => ({
  name: contentId(files.map((file) => basename(file)).join('\n')),
  rows: () => rowsOf(files),
  speed: () => speed,
});

async function* rowsOf(files: readonly string[]): AsyncIterable<RecordedRow> {
  for (const file of files) yield* readArticleFile(file, { replay: true, clock: systemClock });
}
