import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RecordedRow, type ReplayDeps, replayPipeline, replayProgress } from '../../pipelines/replay.ts';
import { systemClock } from '../../src/domain/clock.ts';
import { BarographError } from '../../src/domain/errors.ts';
import { decodeDeadLetter, decodeRaw } from '../../src/domain/wire.ts';
import { MemoryLog } from '../../src/log/memory.ts';
import type { EventLog, NewRecord, Topic } from '../../src/log/port.ts';
import { MemoryStateStore } from '../../src/store/memory-state.ts';
import { eventually } from '../eventually.ts';
import { MINUTE, T0 } from '../ledger/scored.ts';
import { memorySystem, rawArticle, valuesOf } from './memory-system.ts';

function row(line: number, at: number): RecordedRow {
  return { line, lines: 1, article: rawArticle(`n${line}`, undefined, at), fault: undefined, payload: '' };
}

async function* given(rows: readonly RecordedRow[]): AsyncIterable<RecordedRow> {
  yield* rows;
}

function depsWith(rows: () => AsyncIterable<RecordedRow>, changes: Partial<ReplayDeps> = {}): ReplayDeps {
  return {
    ...memorySystem('replay'),
    name: 'recording',
    rows,
    bucketMs: 5 * MINUTE,
    speed: () => Number.POSITIVE_INFINITY,
    ...changes,
  };
}

/** Articles by id, ticks by their minutes after the start. */
async function recorded(log: EventLog): Promise<string[]> {
  return (await valuesOf(log, 'news.raw')).map((value) => {
    const record = decodeRaw(value);
    return record.type === 'article' ? record.article.id : `tick ${(record.at - T0) / MINUTE}`;
  });
}

const never = new AbortController().signal;

describe('replay', () => {
  it("ticks as the articles' clock passes into another bucket, not for late articles, and once after the last", async () => {
    const rows = [row(1, T0 + MINUTE), row(2, T0 + 4 * MINUTE), row(3, T0 + 12 * MINUTE), row(4, T0 + 2 * MINUTE)];
    const deps = depsWith(() => given(rows));
    await replayPipeline(deps).run(never);
    assert.deepEqual(await recorded(deps.log), ['tick 0', 'n1', 'n2', 'tick 10', 'n3', 'n4', 'tick 15']);
  });

  it('keeps a faulty row in the dead-letter log with its line and reason', async () => {
    const fault: RecordedRow = { line: 2, lines: 1, article: undefined, fault: 'expected a date', payload: '{"title":"x"}' };
    const deps = depsWith(() => given([row(1, T0), fault, row(3, T0)]));
    await replayPipeline(deps).run(never);
    const [letter] = (await valuesOf(deps.log, 'dead-letter')).map(decodeDeadLetter);
    assert.deepEqual(
      [letter?.stage, letter?.code, letter?.origin, letter?.reason, letter?.payload],
      ['ingest', 'E_RECORD_INVALID', 'recording:2', 'expected a date', '{"title":"x"}'],
    );
    assert.deepEqual(await replayProgress(deps.states, 'recording'), { lines: 3, faults: 1, now: T0, done: true });
  });

  it('goes on where it was stopped, and does nothing once it is done', async () => {
    const rows = Array.from({ length: 10 }, (_, index) => row(index + 1, T0 + index * 3 * MINUTE));
    const stop = new AbortController();
    let reads = 0;
    const deps = depsWith(async function* () {
      for (const each of rows) {
        reads += 1;
        if (reads === 5) stop.abort();
        yield each;
      }
    });
    await replayPipeline(deps).run(stop.signal);
    const { lines, done } = await replayProgress(deps.states, 'recording');
    assert.deepEqual([lines, done], [4, false]);
    await replayPipeline(deps).run(never);

    const whole = depsWith(() => given(rows));
    await replayPipeline(whole).run(never);
    assert.deepEqual(await recorded(deps.log), await recorded(whole.log));
    const before = reads;
    await replayPipeline(deps).run(never);
    assert.equal(reads, before);
  });

  it('rather appends rows again than leaves any out when it could not remember how far it was', async () => {
    class FailingStates extends MemoryStateStore {
      failures = 1;
      override async put(...args: Parameters<MemoryStateStore['put']>): Promise<string | undefined> {
        if (this.failures-- > 0) throw new BarographError('E_STORE_UNAVAILABLE', 'The store is away.');
        return super.put(...args);
      }
    }
    const deps = depsWith(() => given([row(1, T0), row(2, T0)]), { states: new FailingStates() });
    await assert.rejects(replayPipeline(deps).run(never), { code: 'E_STORE_UNAVAILABLE' });
    await replayPipeline(deps).run(never);
    assert.deepEqual(
      (await recorded(deps.log)).filter((id) => id.startsWith('n')),
      ['n1', 'n2', 'n1', 'n2'],
    );
  });

  it("paces on the articles' clock from the time on that it is told to, once what came before is done, and stops in a pause", async () => {
    const rows = [0, 1, 2, 3, 4, 24 * 60].map((minutes, index) => row(index + 1, T0 + minutes * MINUTE));
    const appended = new Map<string, number>();
    class TimedLog extends MemoryLog {
      override append(topic: Topic, records: readonly NewRecord[]): Promise<void> {
        for (const { key } of records) appended.set(key, performance.now());
        return super.append(topic, records);
      }
    }
    const speed = (at: number): number => (at < T0 + 2 * MINUTE ? Number.POSITIVE_INFINITY : 600);
    const deps = depsWith(() => given(rows), { log: new TimedLog(), clock: systemClock, speed });
    const stop = new AbortController();
    const running = replayPipeline(deps).run(stop.signal);
    const reader = await deps.log.subscribe('news.raw', 'classify');
    const before = await reader.next(3, never); // a tick and two articles, appended at once
    await sleep(50);
    assert.equal(appended.has('n3'), false); // the two before are not classified
    for (const { ack } of before) ack();
    await reader.commit();
    await eventually(() => appended.has('n5'), 'the fifth article');
    await reader.close();
    stop.abort();
    await running;
    const after = (id: string, other: string): number => (appended.get(id) ?? Number.NaN) - (appended.get(other) ?? Number.NaN);
    // A minute at 600 times its pace is 100 ms; timers may be a millisecond early.
    assert.ok(after('n4', 'n3') > 95, `${after('n4', 'n3')} ms`);
    assert.ok(after('n5', 'n3') > 195, `${after('n5', 'n3')} ms`);
    assert.ok(after('n2', 'n1') < 95, `${after('n2', 'n1')} ms`);
    assert.equal(appended.has('n6'), false); // due a day later
    assert.deepEqual(await replayProgress(deps.states, 'recording'), { lines: 5, faults: 0, now: T0 + 4 * MINUTE, done: false });
  });

  it('waits while classify is far behind, and goes on as it catches up', async () => {
    const rows = Array.from({ length: 12_000 }, (_, index) => row(index + 1, T0));
    const deps = depsWith(() => given(rows));
    const running = replayPipeline(deps).run(never);
    const length = async (): Promise<number> => (await deps.log.ranges('news.raw'))[0]?.next ?? 0;
    const reader = await deps.log.subscribe('news.raw', 'classify');
    let most = 0;
    let read = 0;
    await eventually(async () => (await length()) > 4096, 'the replay to run ahead');
    while (read < 12_000) {
      const deliveries = await reader.next(1000, AbortSignal.timeout(20_000));
      assert.ok(deliveries.length > 0, `stuck after ${read} records`);
      most = Math.max(most, (await length()) - read);
      read += deliveries.length;
      for (const { ack } of deliveries) ack();
    }
    await running;
    assert.ok(most <= 4096 + 512, `${most} records ahead`);
  });
});
