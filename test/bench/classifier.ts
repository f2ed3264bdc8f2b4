import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { DEFAULT_BUNDLE } from '../../src/cli/setup.ts';
import { type ClassifierOptions, openClassifier } from '../../src/model/serving/classifier.ts';
import type { Classifier } from '../../src/model/serving/port.ts';
import { type Figure, figureOf, show } from './figures.ts';

/** Headlines a second over the runs. */
interface Speed extends Figure {
  readonly name: string;
  readonly texts: number;
}

const headlineRows = z.array(z.object({ headline: z.string() }));

/** Every `stride`-th headline of the data folder's `headlines/`. */
export function readHeadlines(dataFolder: string, stride: number): readonly string[] {
  return ['reuters.csv', 'guardian.csv']
    .flatMap((file) => headlineRows.parse(parse(readFileSync(join(dataFolder, 'headlines', file)), { columns: true, bom: true })))
    .filter((_, index) => index % stride === 0)
    .map(({ headline }) => headline);
}

/** Hands over items in calls of `callSize`, `inFlight` at a time, as a pipeline does. */
export async function inCalls<T>(
  items: readonly T[],
  call: (some: readonly T[]) => Promise<unknown>,
  callSize = 256,
  inFlight = 2,
): Promise<void> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < items.length) {
      const at = next;
      next += callSize;
      await call(items.slice(at, at + callSize));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
}

/** Classifies texts in such calls. */
export const classifyInCalls = (
  classifier: Classifier,
  texts: readonly string[],
  callSize?: number,
  inFlight?: number,
): Promise<void> => inCalls(texts, (some) => classifier.classify(some.map((text) => ({ text }))), callSize, inFlight);

/**
 * Headlines a second through the classifier: `texts` in calls of `callSize`, `inFlight` calls at a time, as a pipeline makes them.
 * `warmUp` runs, then `runs` that are measured.
 */
export async function measureClassifier(
  name: string,
  options: ClassifierOptions,
  texts: readonly string[],
  { callSize = 256, inFlight = 2, runs = 5, warmUp = 1 } = {},
): Promise<Speed> {
  const classifier = await openClassifier(options);
  try {
    const rates: number[] = [];
    for (let run = 1 - warmUp; run <= runs; run++) {
      const begin = performance.now();
      await classifyInCalls(classifier, texts, callSize, inFlight);
      if (run > 0) rates.push((1000 * texts.length) / (performance.now() - begin));
    }
    const { median, lowest, highest } = figureOf(rates.map(Math.round));
    return { name, texts: texts.length, median, lowest, highest };
  } finally {
    await classifier.close();
  }
}

/** The default bundle as it is served, and the choices that its defaults were made from. */
export async function benchClassifier(dataFolder: string): Promise<void> {
  const texts = readHeadlines(dataFolder, 25);
  const measure = async (name: string, options: Omit<ClassifierOptions, 'bundle'>, calls = {}): Promise<void> => {
    const speed = await measureClassifier(name, { bundle: DEFAULT_BUNDLE, ...options }, texts, calls);
    console.log(`${name.padEnd(38)} ${show(speed, 'headlines/s')}`);
  };
  await measure('classifier, defaults', {});
  await measure('  calls of 32', {}, { callSize: 32 });
  await measure('  1 worker of 1 thread', { workers: 1, threads: 1 });
  await measure('  1 worker of 2 threads', { workers: 1, threads: 2 });
  await measure('  2 workers of 1 thread', { workers: 2, threads: 1 });
  for (const maxBatchTokens of [128, 256, 1024]) await measure(`  ${maxBatchTokens} tokens a batch`, { maxBatchTokens });
}
