/*
 * Measures what the project promises of Kafka and Elasticsearch, on real servers that share this machine with the program:
 * `npm run bench:cluster [-- DATA_FOLDER [NAME…]]`. Names: stub, model, search, surge, restart, growth; all by default.
 */
import { readHeadlines } from '../classifier.ts';
import { machine } from '../figures.ts';
import { openServers } from './bed.ts';
import { benchSearch, benchSurge } from './latency.ts';
import { benchGrowth, benchRestart } from './takeover.ts';
import { benchModel, benchStub, warmUp } from './throughput.ts';

const [dataFolder = '../shared/data', ...names] = process.argv.slice(2);
const headlines = [...new Set(readHeadlines(dataFolder, 1))];
const every = (stride: number): readonly string[] => headlines.filter((_, i) => i % stride === 0);

console.log(machine());
const servers = await openServers();
let warming: Promise<void> | undefined;
const warm = (): Promise<void> => (warming ??= warmUp(servers, headlines));
const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  stub: () => benchStub(servers, headlines.slice(0, 30_000), 3),
  model: () => warm().then(() => benchModel(servers, every(4), 5)),
  search: () => benchSearch(servers, every(300)),
  surge: () => benchSurge(servers, headlines),
  restart: () => benchRestart(servers, every(100), 5),
  growth: () => warm().then(() => benchGrowth(servers, headlines, 1_000_000, 3)),
};
try {
  for (const [name, bench] of Object.entries(BENCHES)) if (names.length === 0 || names.includes(name)) await bench();
} finally {
  await servers.close();
}
