import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerName } from '../../infra/local/cluster.ts';
import type { EventLog } from '../../src/log/port.ts';
import type { SearchFault } from '../search-proxy.ts';
import { type ChaosSetup, SESSION_MS } from './setup.ts';

/** One kind of harm. */
export interface Fault {
  readonly name: string;
  /** How often it comes, beside the others. */
  readonly weight: number;
  /** Does the harm, and undoes it before it resolves; says to whom. */
  inflict(setup: ChaosSetup, context: FaultContext): Promise<string>;
}

export interface FaultContext {
  /** From 0 to below 1. */
  readonly next: () => number;
  /** Not through the proxies' harm: for what another program does. */
  readonly log: EventLog;
}

const between = (next: () => number, from: number, to: number): number => from + next() * (to - from);

const searchFault = (name: string, weight: number, fault: SearchFault, share = 1): Fault => ({
  ...{ name, weight },
  inflict: async ({ search }, { next }) => {
    const before = search.seen.length;
    search.fault = () => (next() < share ? fault : undefined);
    await sleep(between(next, 500, 3000));
    search.fault = () => undefined;
    return `${search.seen.length - before} requests`;
  },
});

const restart = (server: ServerName): Fault => ({
  ...{ name: `${server} killed and started again`, weight: 0 },
  inflict: async ({ cluster }, { next }) => {
    await cluster.stop(server, 'SIGKILL');
    await sleep(between(next, 0, 3000));
    await cluster.start(server);
    return server;
  },
});

/** At most so many of these in a run of fifty. */
export const RESTARTS: readonly Fault[] = [restart('kafka'), restart('elasticsearch')];

export const FAULTS: readonly Fault[] = [
  {
    ...{ name: 'process killed', weight: 12 },
    inflict: ({ processes }, { next }) => processes.kill(Math.floor(next() * processes.count)),
  },
  {
    ...{ name: 'process stopped beyond its session', weight: 5 },
    inflict: async ({ processes }, { next }) => {
      const index = Math.floor(next() * processes.count);
      if (processes.isPaused(index)) return 'nobody: it is stopped already';
      const name = processes.pause(index);
      await sleep(SESSION_MS + between(next, 1500, 4000));
      processes.resume(index);
      return name;
    },
  },
  {
    ...{ name: 'connections to Kafka cut', weight: 5 },
    inflict: async ({ kafka }) => {
      kafka.cut();
      return 'all';
    },
  },
  {
    ...{ name: 'Kafka slow', weight: 4 },
    inflict: async ({ kafka }, { next }) => {
      kafka.delay(between(next, 50, 400));
      await sleep(between(next, 1000, 4000));
      kafka.delay(0);
      return 'all';
    },
  },
  {
    ...{ name: 'connections to Kafka half open', weight: 3 },
    inflict: async ({ kafka }, { next }) => {
      kafka.swallow(true);
      await sleep(between(next, 1000, 8000));
      kafka.swallow(false);
      return 'all';
    },
  },
  searchFault('Elasticsearch answers 429', 4, { kind: 'status', status: 429 }, 0.7),
  searchFault('Elasticsearch answers 503', 4, { kind: 'status', status: 503 }, 0.7),
  searchFault('connections to Elasticsearch cut', 3, { kind: 'cut', late: false }, 0.5),
  searchFault('answers of Elasticsearch lost', 3, { kind: 'cut', late: true }, 0.5),
  searchFault("Elasticsearch's bulk queue full", 4, { kind: 'full-queue' }, 0.7),
  searchFault('Elasticsearch slow', 3, { kind: 'slow', ms: 700 }),
  {
    ...{ name: 'poison message', weight: 4 },
    inflict: async (_, { next, log }) => {
      const text = ['{"type":"article"}', 'not JSON', '', '{"type":"article","id":7}'][Math.floor(next() * 4)] ?? '';
      await log.append('news.raw', [{ key: `poison-${next()}`, value: text }]);
      return JSON.stringify(text);
    },
  },
  {
    ...{ name: 'channel answers too late', weight: 3 },
    inflict: async ({ hook }) => {
      hook.answerLate();
      return 'the next delivery';
    },
  },
];
