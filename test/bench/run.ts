/*
 * Measures what the project promises: `npm run bench [-- DATA_FOLDER [NAME…]]`. Names: classifier, replay, stub, long, latency, start;
 * all by default. The data folder is that of the development data (`headlines/reuters.csv`, `headlines/guardian.csv`).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchClassifier, readHeadlines } from './classifier.ts';
import { machine } from './figures.ts';
import { benchLatency, benchStart } from './live.ts';
import { benchLong, benchReplay, benchStub } from './replay.ts';

const [dataFolder = '../shared/data', ...names] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'barograph-bench-'));

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  start: () => benchStart(folder, 5),
  latency: () => benchLatency(readHeadlines(dataFolder, 1600), folder),
  stub: () => benchStub(dataFolder, folder, 5),
  long: () => benchLong(dataFolder, folder, 500_000),
  classifier: () => benchClassifier(dataFolder),
  replay: () => benchReplay(dataFolder, folder, 3),
};

console.log(machine());
try {
  for (const [name, bench] of Object.entries(BENCHES)) if (names.length === 0 || names.includes(name)) await bench();
} finally {
  await rm(folder, { recursive: true, force: true });
}
