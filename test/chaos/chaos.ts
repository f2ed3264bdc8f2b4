import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadSetup } from '../../src/cli/setup.ts';
import { embedded, openStorage, type Storage } from '../../src/cli/storage.ts';
import { decodeAlert } from '../../src/domain/wire.ts';
import type { Topic } from '../../src/log/port.ts';
import { idempotencyKey } from '../../src/notify/webhook.ts';
import { barograph } from '../e2e/barograph.ts';
import { eventually } from '../eventually.ts';
import { random } from '../ledger/scored.ts';
import { isDone } from '../pipelines/memory-system.ts';
import { FAULTS, type Fault, RESTARTS } from './faults.ts';
import { type ChaosSetup, CONFIG, openChaosSetup, RECORDING } from './setup.ts';

export interface ChaosPlan {
  readonly articles: number;
  /** Beside the restarts of servers. */
  readonly faults: number;
  readonly restarts: number;
  readonly seed: number;
  /** Options that choose the model. */
  readonly model: readonly string[];
  /** Seconds between two faults, on average. */
  readonly every: number;
  readonly kinds?: readonly string[];
}

export interface ChaosReport {
  readonly faults: Readonly<Record<string, number>>;
  readonly articles: number;
  readonly records: number;
  readonly documents: number;
  readonly alerts: number;
  readonly deliveries: number;
  readonly seconds: number;
}

const SETTLED_MS = 240_000;

/**
 * Plays a recording through a set-up of several processes on real servers while harm is done to them by a seeded schedule; afterwards
 * what is stored must equal an undisturbed run's articles and a clean fold of the log, and every alert must have been delivered.
 */
export async function chaos(folder: string, plan: ChaosPlan, say: (line: string) => void): Promise<ChaosReport> {
  // With the time of day, as the logs of the processes have it.
  const note = (line: string): void => say(`${new Date().toISOString().slice(11, 19)} ${line}`);
  const begin = performance.now();
  const seconds = (plan.faults + plan.restarts) * plan.every;
  const setup = await openChaosSetup(folder, { articles: plan.articles, seconds, model: plan.model });
  try {
    const storage = await openStorage((await loadSetup(join(folder, CONFIG))).config);
    try {
      const counts = await inflictAll(setup, plan, storage, note);
      await settled(storage, note);
      assert.deepEqual(await setup.processes.end(), []);
      assert.deepEqual(setup.processes.surprises, []);
      const report = await examine(folder, storage, setup, plan);
      return { faults: counts, ...report, seconds: Math.round((performance.now() - begin) / 1000) };
    } finally {
      await storage.close();
    }
  } finally {
    await setup.close();
  }
}

/** Faults may overlap: the next one does not wait for the end of one before, but servers are restarted one at a time. */
async function inflictAll(
  setup: ChaosSetup,
  { faults, restarts, seed, every, kinds }: ChaosPlan,
  { log }: Storage,
  note: (line: string) => void,
): Promise<Record<string, number>> {
  const next = random(seed);
  const counts: Record<string, number> = {};
  const running = new Set<Promise<void>>();
  const known = FAULTS.filter(({ name }) => kinds === undefined || kinds.includes(name));
  const order: Fault[] = Array.from({ length: faults }, () => pick(known, next));
  for (let i = 0; i < restarts; i += 1)
    order.splice(Math.floor(next() * order.length), 0, RESTARTS[i % RESTARTS.length] as Fault);
  const failures: unknown[] = [];
  for (const [i, fault] of order.entries()) {
    await sleep(2 * every * 1000 * next());
    counts[fault.name] = (counts[fault.name] ?? 0) + 1;
    const inflicted = fault
      .inflict(setup, { next, log })
      .then((whom) => note(`${i + 1} of ${order.length}: ${fault.name}: ${whom}`))
      .catch((error: unknown) => failures.push(`${fault.name}: ${String(error)}`))
      .then(() => undefined)
      .finally(() => running.delete(inflicted));
    running.add(inflicted);
    if (RESTARTS.includes(fault)) await inflicted;
  }
  await Promise.all(running);
  assert.deepEqual(failures, []);
  return counts;
}

function pick(faults: readonly Fault[], next: () => number): Fault {
  let left = next() * faults.reduce((sum, { weight }) => sum + weight, 0);
  for (const fault of faults) {
    left -= fault.weight;
    if (left < 0) return fault;
  }
  return faults.at(-1) as Fault;
}

/** Waits until the recording is at its end, and everything is folded and told. */
async function settled({ log, states }: Storage, note: (line: string) => void): Promise<void> {
  note('no more faults; waiting for the rest');
  const isPlayed = async (): Promise<boolean> =>
    (await states.list('replay/')).some(({ value }) => JSON.parse(value).done === true);
  await eventually(isPlayed, 'the end of the recording', SETTLED_MS);
  note('the recording is at its end');
  const groups: readonly (readonly [Topic, string])[] = [
    ['news.raw', 'classify'],
    ['news.scored', 'ledger'],
    ['alerts', 'notify'],
  ];
  for (const [topic, group] of groups) {
    await eventually(() => isDone(log, topic, group), `${group} to read all of ${topic}`, SETTLED_MS);
    note(`${group} has read all of ${topic}`);
  }
}

async function examine(
  folder: string,
  { log, trends }: Storage,
  { hook }: ChaosSetup,
  { model }: ChaosPlan,
): Promise<Omit<ChaosReport, 'faults' | 'seconds'>> {
  const undisturbed = await barograph(['replay', RECORDING, '--data', 'undisturbed', '--json', ...model], {
    cwd: folder,
    timeoutMs: 600_000,
  });
  assert.equal(undisturbed.code, 0, undisturbed.stderr);
  const whole = await openStorage(embedded(join(folder, 'undisturbed')));
  try {
    assert.deepEqual(await idsOf(trends), await idsOf(whole.trends));
  } finally {
    await whole.close();
  }
  const verified = await barograph(['verify', '--json'], { cwd: folder, timeoutMs: 600_000 });
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  const { records, documents, acknowledged } = JSON.parse(verified.stdout);
  assert.equal(acknowledged, records);
  const states = new Set<string>();
  for await (const chunk of log.read('alerts', 0, 0))
    for (const { value } of chunk) {
      const { alert } = decodeAlert(value);
      states.add(idempotencyKey(alert));
    }
  for (const state of states) assert.ok(hook.received.has(state), `nobody was told of ${state}`);
  for (const [key, { bodies }] of hook.received) assert.equal(bodies.size, 1, `${key} was told in different words`);
  const deliveries = [...hook.received.values()].reduce((sum, { times }) => sum + times, 0);
  return { articles: await trends.count('article'), records, documents, alerts: await trends.count('alert'), deliveries };
}

async function idsOf(trends: Storage['trends']): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const chunk of trends.scan('article')) for (const { id } of chunk) ids.add(id);
  return ids;
}
