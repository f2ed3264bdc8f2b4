import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type LedgerDeps, ledgerPipeline } from '../../pipelines/ledger.ts';
import { loadSnapshot } from '../../pipelines/ledger-snapshot.ts';
import { supervise } from '../../pipelines/pipeline.ts';
import { verify } from '../../pipelines/verify.ts';
import type { Doc } from '../../src/domain/doc.ts';
import { BarographError } from '../../src/domain/errors.ts';
import type { ScoredRecord } from '../../src/domain/records.ts';
import { DEFAULT_LEDGER_SETTINGS } from '../../src/domain/settings.ts';
import { decodeAlert, decodeDeadLetter, decodeScored } from '../../src/domain/wire.ts';
import { SqliteLog } from '../../src/log/sqlite.ts';
import { MemoryTrendStore } from '../../src/store/memory-trends.ts';
import { DocumentsRejected } from '../../src/store/trend-port.ts';
import { eventually } from '../eventually.ts';
import { HOUR, MINUTE, NEGATIVE, NEUTRAL, random, scored, T0, tick } from '../ledger/scored.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { appendScored, isDone, memorySystem, quiet, runUntil, valuesOf } from './memory-system.ts';

function depsWith(changes: Partial<LedgerDeps> = {}): LedgerDeps {
  return {
    ...memorySystem('ledger'),
    trends: new MemoryTrendStore(),
    settings: { ...DEFAULT_LEDGER_SETTINGS, warmUpMs: 0, budgetPerDay: 100 },
    ticks: false,
    ...changes,
  };
}

/** Quiet hours, then an hour of bad news, then calm for long enough that the alerts resolve. */
function surge(): ScoredRecord[] {
  const records: ScoredRecord[] = [];
  const next = random(5);
  const word = (): string => Math.floor(next() * 1e9).toString(36);
  const story = (): string => Array.from({ length: 8 }, word).join(' ');
  for (let n = 0; n < 48; n += 1) {
    records.push(
      tick(T0 + n * HOUR),
      scored({ id: `q${n}`, title: story(), at: T0 + n * HOUR, sentiment: NEUTRAL, symbols: ['BA'] }),
    );
  }
  for (let n = 0; n < 12; n += 1) {
    const at = T0 + 48 * HOUR + n * 5 * MINUTE;
    records.push(tick(at), scored({ id: `b${n}`, title: story(), at, sentiment: NEGATIVE, symbols: ['BA'] }));
  }
  for (let n = 0; n < 60; n += 1) records.push(tick(T0 + 49 * HOUR + n * 5 * MINUTE));
  return records;
}

const folded = (deps: LedgerDeps) => (): Promise<boolean> => isDone(deps.log, 'news.scored', 'ledger');

async function differences(deps: LedgerDeps): Promise<number> {
  const result = await verify({ log: deps.log, stored: deps.trends, fresh: new MemoryTrendStore(), maxExamples: 3 });
  assert.deepEqual(result.examples, []);
  return result.differences;
}

/** An object, some of whose methods are others. */
function withChanges<T extends object>(whole: T, changes: Partial<T>): T {
  return new Proxy(whole, {
    get: (target, name) => {
      const value: unknown = Reflect.get(name in changes ? changes : target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A log that notes which positions of the first partition it is asked for. */
function overheard(log: LedgerDeps['log'], heard: number[]): LedgerDeps['log'] {
  return withChanges(log, {
    positions: async (topic, group) => {
      const positions = await log.positions(topic, group);
      heard.push(positions.get(0) ?? 0);
      return positions;
    },
  });
}

const otherMeter = (): LedgerDeps['meter'] => memorySystem('ledger').meter;

describe('ledger', () => {
  it('stores stories, rollups and alerts, and tells of every state of an alert', async () => {
    const deps = depsWith();
    await appendScored(deps.log, surge());
    await runUntil(ledgerPipeline(deps), folded(deps));
    assert.equal(await deps.trends.count('article'), 60);
    const told = (await valuesOf(deps.log, 'alerts')).map(decodeAlert).filter(({ alert }) => alert.series === 'entity:BA');
    assert.deepEqual([told.at(0)?.alert.status, told.at(-1)?.alert.status], ['open', 'resolved']);
    const [stored] = await deps.trends.alerts({ series: 'entity:BA', limit: 1 });
    assert.deepEqual(stored, told.at(-1)?.alert);
    assert.equal(await differences(deps), 0);
  });

  it('makes the log say by which settings it is folded, once for as long as they are the same', async () => {
    const deps = depsWith();
    for (const budgetPerDay of [100, 100, 7]) {
      const settings = { ...deps.settings, budgetPerDay };
      await runUntil(ledgerPipeline({ ...deps, settings }), folded(deps));
    }
    const recorded = (await valuesOf(deps.log, 'news.scored')).map(decodeScored);
    assert.deepEqual(
      recorded.map((record) => (record.type === 'settings' ? record.settings.budgetPerDay : record.type)),
      [100, 7],
    );
  });

  it('goes on from its snapshot, and comes to the same', async () => {
    const records = surge();
    const whole = depsWith();
    await appendScored(whole.log, records);
    await runUntil(ledgerPipeline(whole), folded(whole));

    const deps = depsWith();
    const cut = 100; // within the surge
    await appendScored(deps.log, records.slice(0, cut));
    await runUntil(ledgerPipeline(deps), folded(deps));
    const before = deps.meter.counts.received;
    await appendScored(deps.log, records.slice(cut));
    await runUntil(ledgerPipeline(deps), folded(deps));
    assert.equal(deps.meter.counts.received - before, records.length - cut);
    assert.equal(await differences(deps), 0);
    const bodies = async ({ log }: LedgerDeps): Promise<unknown[]> =>
      (await valuesOf(log, 'alerts')).map((value) => decodeAlert(value).alert);
    assert.deepEqual(await bodies(deps), await bodies(whole));
  });

  it('writes again what a failing store did not take, and loses nothing', async () => {
    class FailingStore extends MemoryTrendStore {
      isAway = (): boolean => true;
      override async write(docs: readonly Doc[]): Promise<void> {
        if (this.isAway()) throw new BarographError('E_STORE_UNAVAILABLE', 'The store is away.');
        return super.write(docs);
      }
    }
    const trends = new FailingStore();
    const deps = depsWith({ trends });
    trends.isAway = () => deps.meter.counts.errors < 2;
    await appendScored(deps.log, surge());
    const stop = new AbortController();
    const running = supervise(ledgerPipeline(deps), quiet, stop.signal);
    await eventually(folded(deps));
    stop.abort();
    await running;
    assert.equal(deps.meter.counts.errors, 2);
    assert.equal(await deps.trends.count('article'), 60);
    assert.equal(await differences(deps), 0);
  });

  it('begins anew when its partition comes back after another owner had it', async () => {
    const { path, remove } = await temporaryFolder();
    const mine = depsWith({ log: new SqliteLog(join(path, 'log.db')) });
    const ahead = { now: () => Date.now() + 60_000 }; // the other one holds my lease for expired
    const others = { ...depsWith({ ...mine, log: new SqliteLog(join(path, 'log.db'), { clock: ahead }) }), meter: otherMeter() };
    const records = surge();
    const part = Math.ceil(records.length / 3);
    const stop = new AbortController();
    const running = supervise(ledgerPipeline(mine), quiet, stop.signal);
    try {
      await appendScored(mine.log, records.slice(0, part));
      await eventually(folded(mine));
      await runUntil(ledgerPipeline(others), async () => {
        if (others.meter.counts.received === 0) await appendScored(mine.log, records.slice(part, 2 * part));
        return others.meter.counts.received > 0 && (await folded(mine)());
      });
      await appendScored(mine.log, records.slice(2 * part));
      await eventually(async () => mine.meter.counts.errors > 0 && (await folded(mine)()));
      assert.equal(await mine.trends.count('article'), 60);
      assert.equal(await differences(mine), 0);
    } finally {
      stop.abort();
      await running;
      await Promise.all([mine.log.close(), others.log.close()]);
      await remove();
    }
  });

  it('folds again after an end without a snapshot, and tells of no alert twice', async () => {
    class FullStore extends MemoryTrendStore {
      full = false;
      override async write(docs: readonly Doc[]): Promise<void> {
        if (this.full) throw new BarographError('E_DISK_FULL', 'The disk is full.');
        return super.write(docs);
      }
    }
    const trends = new FullStore();
    const deps = depsWith({ trends });
    await appendScored(deps.log, surge());
    const stop = new AbortController();
    const running = supervise(ledgerPipeline(deps), quiet, stop.signal);
    await eventually(folded(deps));
    assert.ok((await trends.count('alert')) > 0);
    const told = await valuesOf(deps.log, 'alerts');
    trends.full = true;
    await appendScored(deps.log, [scored({ id: 'later', title: 'Later', at: T0 + 60 * HOUR })]);
    await assert.rejects(running, { code: 'E_DISK_FULL' }); // waiting would not help: it stops at once
    assert.equal(await deps.states.getBlob('ledger/snapshot'), undefined);

    trends.full = false;
    await runUntil(ledgerPipeline(deps), folded(deps));
    assert.deepEqual(await valuesOf(deps.log, 'alerts'), told);
    assert.equal(await trends.count('article'), 61);
    assert.equal(await differences(deps), 0);
  });

  it('keeps a document that the store will never take as a dead letter, and goes on', async () => {
    class StrictStore extends MemoryTrendStore {
      override async write(docs: readonly Doc[]): Promise<void> {
        const refused = docs.filter(({ id }) => id === 'a');
        await super.write(docs.filter(({ id }) => id !== 'a'));
        if (refused.length > 0) throw new DocumentsRejected(refused.map((doc) => ({ doc, reason: 'its name is bad' })));
      }
    }
    const deps = depsWith({ trends: new StrictStore() });
    await appendScored(deps.log, [scored({ id: 'a', title: 'A', at: T0 }), scored({ id: 'b', title: 'B', at: T0 })]);
    await runUntil(ledgerPipeline(deps), folded(deps));
    assert.equal(await deps.trends.count('article'), 1);
    const letters = (await valuesOf(deps.log, 'dead-letter')).map(decodeDeadLetter);
    assert.deepEqual(
      letters.map(({ stage, code, origin, reason }) => `${stage} ${code} ${origin}: ${reason}`),
      ['article a of 0', 'story a of 0'].map((origin) => `store E_DOCUMENT_REJECTED ${origin}: its name is bad`),
    );
  });

  it('keeps a record that cannot be read in the dead-letter log, and folds the rest', async () => {
    const deps = depsWith();
    await appendScored(deps.log, [scored({ id: 'a', title: 'A', at: T0 }), '{}', scored({ id: 'b', title: 'B', at: T0 })]);
    await runUntil(ledgerPipeline(deps), folded(deps));
    assert.equal(await deps.trends.count('article'), 2);
    const [letter] = (await valuesOf(deps.log, 'dead-letter')).map(decodeDeadLetter);
    assert.deepEqual(
      [letter?.stage, letter?.code, letter?.payload, letter?.requeueTo],
      ['ledger', 'E_RECORD_INVALID', '{}', 'news.scored'],
    );
    assert.equal(await differences(deps), 0);
  });

  it('folds an article once that was scored twice', async () => {
    const deps = depsWith();
    const twice = [scored({ id: 'a', title: 'A', at: T0 }), scored({ id: 'b', title: 'B', at: T0 })];
    await appendScored(deps.log, [...twice, ...twice]);
    await runUntil(ledgerPipeline(deps), folded(deps));
    const [point] = await deps.trends.series({ series: 'market', from: 0, to: T0 + HOUR, widthMs: HOUR });
    assert.equal(point?.articles, 2);
  });

  it('hands over to the stand-by when the owner stops, and only one of them folds at a time', async () => {
    const deps = depsWith();
    const [first, second] = [new AbortController(), new AbortController()];
    const owner = ledgerPipeline(deps).run(first.signal);
    await appendScored(deps.log, [scored({ id: 'a', title: 'A', at: T0 })]);
    await eventually(folded(deps));
    const standby = depsWith({ ...deps, meter: memorySystem('standby').meter });
    const waiting = ledgerPipeline(standby).run(second.signal);
    first.abort();
    await owner;
    await appendScored(deps.log, [scored({ id: 'b', title: 'B', at: T0 })]);
    await eventually(async () => (await deps.trends.count('article')) === 2);
    second.abort();
    await waiting;
    assert.ok(standby.meter.counts.received >= 1);
    assert.equal(await differences(deps), 0);
  });

  it('folds along while it stands by, as far as the owner has come, and needs no snapshot when it takes over', async () => {
    const deps = depsWith();
    const [first, second] = [new AbortController(), new AbortController()];
    const owner = ledgerPipeline(deps).run(first.signal);
    await eventually(folded(deps));
    let loads = 0;
    const heard: number[] = [];
    const standby = depsWith({
      ...deps,
      meter: otherMeter(),
      states: withChanges(deps.states, {
        getBlob: async () => {
          loads += 1;
          return undefined; // whoever needed a snapshot would fold everything again
        },
      }),
      log: overheard(deps.log, heard),
    });
    const waiting = ledgerPipeline(standby).run(second.signal);
    const records = surge();
    await appendScored(deps.log, records.slice(0, 100));
    await eventually(async () => (await folded(deps)()) && (heard.at(-1) ?? 0) > 100, 'the stand-by');
    first.abort();
    await owner;
    await appendScored(deps.log, records.slice(100));
    await eventually(async () => standby.meter.counts.received > 0 && (await folded(deps)()));
    second.abort();
    await waiting;
    assert.equal(loads, 1);
    assert.equal(standby.meter.counts.received, records.length - 100);
    assert.equal(await differences(deps), 0);
  });

  it('keeps a snapshot of what it folded along, though nothing was left to fold when it took over', async () => {
    const deps = depsWith();
    const [first, second] = [new AbortController(), new AbortController()];
    // As one that is killed: it keeps no snapshot.
    const killed = depsWith({ ...deps, states: withChanges(deps.states, { putBlob: async () => undefined }) });
    const owner = ledgerPipeline(killed).run(first.signal);
    await eventually(folded(deps));
    const heard: number[] = [];
    const standby = depsWith({
      ...deps,
      meter: otherMeter(),
      log: overheard(deps.log, heard),
    });
    const waiting = ledgerPipeline(standby).run(second.signal);
    await appendScored(deps.log, surge());
    const { next: end } = (await deps.log.ranges('news.scored'))[0] ?? { next: 0 };
    await eventually(async () => (await folded(deps)()) && heard.at(-1) === end, 'the stand-by');
    const before = heard.length;
    first.abort();
    await owner;
    await eventually(() => heard.length > before, 'the take-over');
    second.abort();
    await waiting;
    assert.equal((await loadSnapshot(deps.states))?.counters.articles, 60);
  });

  it('writes a tick of its own clock when it begins', async () => {
    const deps = depsWith({ ticks: true, clock: { now: () => T0 + 7 * MINUTE } });
    const ticks = async (): Promise<ScoredRecord[]> =>
      (await valuesOf(deps.log, 'news.scored')).map(decodeScored).filter(({ type }) => type === 'tick');
    await runUntil(ledgerPipeline(deps), async () => (await ticks()).length > 0);
    assert.deepEqual((await ticks())[0], tick(T0 + 5 * MINUTE));
  });
});
