import { Command } from 'commander';
import { BarographError } from '../../domain/errors.ts';
import { parseSeriesKey } from '../../domain/series.ts';
import { parseDuration, parseInstant } from '../arguments.ts';
import { createOutput, table } from '../output.ts';
import { openExistingStorage, placeOf } from '../storage.ts';

interface Options {
  readonly data?: string;
  readonly config?: string;
  readonly json?: true;
}

const HOUR_MS = 3_600_000;

export function seriesCommand(): Command {
  const command = new Command('series').description('Look at the trends that are stored');
  command
    .command('list')
    .description('Every series with news in the period, the busiest first')
    .option('--from <instant>', 'ISO 8601, or a duration before now such as 7d', parseInstant)
    .option('--to <instant>', 'ISO 8601', parseInstant)
    .option('--limit <n>', 'at most so many', Number, 50)
    .option('--data <dir>', 'data folder')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print as JSON')
    .action(async (options: Options & { from?: number; to?: number; limit: number }) => {
      const storage = await openExistingStorage(await placeOf(options));
      try {
        const totals = await storage.trends.totals({
          from: options.from ?? 0,
          to: options.to ?? Number.MAX_SAFE_INTEGER,
          limit: options.limit,
        });
        createOutput(options.json === true).result(totals, () =>
          table([
            ['series', 'articles', 'stories', 'negative', 'neutral', 'positive', 'tone'],
            ...totals.map((t) => [t.series, t.articles, t.stories, t.negative, t.neutral, t.positive, t.tone.toFixed(3)]),
          ]),
        );
      } finally {
        await storage.close();
      }
    });
  command
    .command('show')
    .description('One series over time')
    .argument('<key>', 'market, topic:<label> or entity:<symbol>')
    .option('--from <instant>', 'ISO 8601, or a duration before now such as 7d', parseInstant)
    .option('--to <instant>', 'ISO 8601', parseInstant)
    .option('--bucket <duration>', 'width of a point, such as 5m, 1h or 1d', parseDuration, HOUR_MS)
    .option('--data <dir>', 'data folder')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print as JSON, instants in milliseconds')
    .action(async (key: string, options: Options & { from?: number; to?: number; bucket: number }) => {
      const series = parseSeriesKey(key);
      if (series === undefined)
        throw new BarographError('E_USAGE', `"${key}" is no series: expected market, topic:<label> or entity:<symbol>.`);
      const storage = await openExistingStorage(await placeOf(options));
      try {
        const points = await storage.trends.series({
          series,
          from: options.from ?? 0,
          to: options.to ?? Number.MAX_SAFE_INTEGER,
          widthMs: options.bucket,
        });
        createOutput(options.json === true).result(points, () =>
          table([
            ['start', 'articles', 'stories', 'negative', 'neutral', 'positive', 'tone'],
            ...points.map((p) => [
              new Date(p.start).toISOString(),
              p.articles,
              p.stories,
              p.negative,
              p.neutral,
              p.positive,
              p.tone.toFixed(3),
            ]),
          ]),
        );
      } finally {
        await storage.close();
      }
    });
  return command;
}
