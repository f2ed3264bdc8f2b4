/*
 * Measures the log on kafkajs, as it is served, beside the bare client @platformatic/kafka, in turn, on a broker of its own:
 *
 *     npm run bench:kafka -- DATA_FOLDER FOLDER
 *
 * `FOLDER` is one in which `npm install @platformatic/kafka` was run.
 */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { EventLog, NewRecord } from '../../src/log/port.ts';
import { readHeadlines } from './classifier.ts';
import { scoredRecords } from './cluster/articles.ts';
import { openServers, withBed } from './cluster/bed.ts';
import { figureOf, machine, show } from './figures.ts';

const RECORDS = 60_000;
/** Of one append: at full speed, and at a pace. */
const [LARGE, SMALL] = [300, 20];
const [PACED_APPENDS, PACE_MS] = [200, 50];
const ROUNDS = 5;

/** What both can do. */
interface Client {
  append(records: readonly NewRecord[]): Promise<void>;
  /** Reads on in a group until `count` records came, which are all acknowledged. */
  read(count: number): Promise<void>;
  close(): Promise<void>;
}

/** The part of @platformatic/kafka that is used. */
interface Platformatic {
  readonly Producer: new (options: object) => { send(options: object): Promise<unknown>; close(): Promise<void> };
  readonly Consumer: new (
    options: object,
  ) => { consume(options: object): Promise<AsyncIterable<unknown> & { close(): Promise<void> }>; close(): Promise<void> };
  readonly stringSerializers: object;
  readonly stringDeserializers: object;
}

const [data, folder] = process.argv.slice(2);
if (data === undefined || folder === undefined) throw new Error('usage: npm run bench:kafka -- DATA_FOLDER FOLDER');
const modulePath = createRequire(join(resolve(folder), 'package.json')).resolve('@platformatic/kafka');
const platformatic = (await import(pathToFileURL(modulePath).href)) as Platformatic;

async function openOurs(log: EventLog): Promise<Client> {
  const subscription = await log.subscribe('news.scored', 'ledger');
  return {
    append: (records) => log.append('news.scored', records),
    read: async (count) => {
      for (let at = 0; at < count; ) {
        const deliveries = await subscription.next(1000, AbortSignal.timeout(60_000));
        for (const { ack } of deliveries) ack();
        at += deliveries.length;
      }
      await subscription.commit();
    },
    close: () => subscription.close(),
  };
}

async function openTheirs(broker: string, topic: string): Promise<Client> {
  const common = { bootstrapBrokers: [broker], clientId: 'bench', autocreateTopics: false };
  const producer = new platformatic.Producer({ ...common, serializers: platformatic.stringSerializers, idempotent: true });
  const consumer = new platformatic.Consumer({ ...common, groupId: 'theirs', deserializers: platformatic.stringDeserializers });
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: 250, sessionTimeout: 6000 });
  const messages = stream[Symbol.asyncIterator]();
  return {
    append: async (records) => {
      const headers = { schema: 'news.scored/1', producer: 'bench' };
      const sent = records.map(({ key, value }) => ({ topic, key, value, headers }));
      await producer.send({ messages: sent, acks: -1, compression: 'gzip' });
    },
    read: async (count) => {
      for (let at = 0; at < count; at += 1) await messages.next();
    },
    close: async () => {
      await stream.close();
      await consumer.close();
      await producer.close();
    },
  };
}

/** Records a second, and microseconds of this process a record. */
async function costOf(records: number, work: () => Promise<unknown>): Promise<{ readonly rate: number; readonly cpu: number }> {
  const [began, used] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(used);
  return { rate: (1000 * records) / (performance.now() - began), cpu: (user + system) / records };
}

async function measure(client: Client, make: (index: number) => NewRecord): Promise<Record<string, number>> {
  const all = Array.from({ length: RECORDS }, (_, i) => make(i));
  const pieces = (size: number, count: number): NewRecord[][] =>
    Array.from({ length: count }, (_, i) => all.slice(i * size, (i + 1) * size));
  const append = await costOf(RECORDS, async () => {
    for (const piece of pieces(LARGE, RECORDS / LARGE)) await client.append(piece);
  });
  const read = await costOf(RECORDS, () => client.read(RECORDS));
  const paced = await costOf(SMALL * PACED_APPENDS, async () => {
    const reading = client.read(SMALL * PACED_APPENDS);
    for (const piece of pieces(SMALL, PACED_APPENDS)) await Promise.all([client.append(piece), sleep(PACE_MS)]);
    await reading;
  });
  return { append: append.rate, 'append, us': append.cpu, read: read.rate, 'read, us': read.cpu, 'paced, us': paced.cpu };
}

console.log(machine());
const servers = await openServers();
const make = scoredRecords([...new Set(readHeadlines(data, 1))], Date.UTC(2026, 0, 5), 2000);
const found = new Map<string, number[]>();
try {
  for (let round = 0; round <= ROUNDS; round += 1)
    for (const name of ['kafkajs, adapter', '@platformatic/kafka, bare'] as const)
      await withBed(servers, async ({ storage: { log }, search: { prefix } }) => {
        const topic = `${prefix.slice(0, -1)}.news.scored`;
        const client =
          name === 'kafkajs, adapter' ? await openOurs(log) : await openTheirs(`127.0.0.1:${servers.ports.kafka.plain}`, topic);
        const figures = Object.entries(await measure(client, make));
        await client.close();
        if (round === 0) return; // programs and servers compile
        for (const [figure, value] of figures)
          found.set(`${name}: ${figure}`, [...(found.get(`${name}: ${figure}`) ?? []), value]);
      });
} finally {
  await servers.close();
}
for (const [name, values] of found)
  console.log(`${name.padEnd(40)} ${show(figureOf(values), name.endsWith('us') ? 'us a record' : 'records/s')}`);
