import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { type ClassifierOptions, openClassifier } from '../../src/model/serving/classifier.ts';

/** Headlines a second over the runs. */
export interface Speed {
  readonly name: string;
  readonly texts: number;
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

const headlineRows = z.array(z.object({ headline: z.string() }));

/** Every `stride`-th headline of the data folder's `headlines/`. */
export function readHeadlines(dataFolder: string, stride: number): readonly string[] {
  return ['reuters.csv', 'guardian.csv']
    .flatMap((file) => headlineRows.parse(parse(readFileSync(join(dataFolder, 'headlines', file)), { columns: true, bom: true })))
    .filter((_, index) => index % stride === 0)
    .map(({ headline }) => headline);
}

/**
 * Headlines a second through the classifier: `texts` in calls of `callSize`, `inFlight` calls at a time, as a pipeline makes them.
 * One run warms up, `runs` are measured.
 */
export async function measureClassifier(
  name: string,
  options: ClassifierOptions,
  texts: readonly string[],
  { callSize = 256, inFlight = 2, runs = 5 } = {},
): Promise<Speed> {
  const classifier = await openClassifier(options);
  try {
    const rates: number[] = [];
    for (let run = 0; run <= runs; run++) {
      const begin = performance.now();
      let next = 0;
      const caller = async (): Promise<void> => {
        while (next < texts.length) {
          const at = next;
          next += callSize;
          await classifier.classify(texts.slice(at, at + callSize).map((text) => ({ text })));
        }
      };
      await Promise.all(Array.from({ length: inFlight }, caller));
      if (run > 0) rates.push((1000 * texts.length) / (performance.now() - begin));
    }
    rates.sort((a, b) => a - b);
    const at = (share: number): number => Math.round(rates[Math.round(share * (rates.length - 1))] ?? 0);
    return { name, texts: texts.length, median: at(0.5), lowest: at(0), highest: at(1) };
  } finally {
    await classifier.close();
  }
}

/** The default bundle as it is served, and the choices that its defaults were made from. */
export async function benchClassifier(dataFolder: string, report: (speed: Speed) => void): Promise<void> {
  const bundle = join(import.meta.dirname, '../../models/default');
  const texts = readHeadlines(dataFolder, 25);
  report(await measureClassifier('defaults', { bundle }, texts));
  report(await measureClassifier('defaults, calls of 32', { bundle }, texts, { callSize: 32 }));
  report(await measureClassifier('1 worker of 1 thread', { bundle, workers: 1, threads: 1 }, texts));
  report(await measureClassifier('1 worker of 2 threads', { bundle, workers: 1, threads: 2 }, texts));
  report(await measureClassifier('2 workers of 1 thread', { bundle, workers: 2, threads: 1 }, texts));
  for (const maxBatchTokens of [128, 256, 1024]) {
    report(await measureClassifier(`defaults, ${maxBatchTokens} tokens a batch`, { bundle, maxBatchTokens }, texts));
  }
}

if (import.meta.main) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  console.log(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}, commit ${commit}`,
  );
  await benchClassifier(process.argv[2] ?? '../shared/data', ({ name, texts, median, lowest, highest }) => {
    console.log(`${name.padEnd(32)} ${median} headlines/s (${lowest} to ${highest}, ${texts} headlines)`);
  });
}
