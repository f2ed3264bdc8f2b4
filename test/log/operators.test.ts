import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { from, lastValueFrom, Subject, toArray } from 'rxjs';
import { AckTracker } from '../../src/log/ack-tracker.ts';
import { inOrder } from '../../src/log/in-order.ts';
import { MemoryLog } from '../../src/log/memory.ts';
import { pull } from '../../src/log/pull.ts';
import { whenFree } from '../../src/log/when-free.ts';
import { eventually } from '../eventually.ts';

describe('pull', () => {
  it('does not read from the log while all permits are out', async () => {
    const log = new MemoryLog();
    await log.append(
      'news.raw',
      Array.from({ length: 50 }, (_, index) => ({ key: 'k', value: String(index) })),
    );
    const subscription = await log.subscribe('news.raw', 'g');
    let reads = 0;
    const counting = {
      ...subscription,
      next: (...args: Parameters<typeof subscription.next>) => {
        reads += 1;
        return subscription.next(...args);
      },
      commit: () => subscription.commit(),
      close: () => subscription.close(),
    };
    const seen: (() => void)[] = [];
    const stop = new AbortController();
    const running = pull(counting, { maxInFlight: 4, maxBatch: 2, stop: stop.signal }).subscribe(({ ack }) => seen.push(ack));
    await eventually(() => seen.length === 4);
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    assert.deepEqual([seen.length, reads], [4, 2]);
    seen[0]?.();
    seen[0]?.(); // a second acknowledgement frees no second permit
    await eventually(() => seen.length === 5);
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    assert.equal(seen.length, 5);
    running.unsubscribe();
    await log.close();
  });

  it('passes an error of the log on', async () => {
    const broken = { next: () => Promise.reject(new Error('gone')), commit: async () => undefined, close: async () => undefined };
    await assert.rejects(
      lastValueFrom(pull(broken, { maxInFlight: 1, maxBatch: 1, stop: new AbortController().signal })),
      /gone/,
    );
  });
});

describe('inOrder', () => {
  it('starts all at once and gives the results in order', async () => {
    const started: number[] = [];
    const done: (() => void)[] = [];
    const results = lastValueFrom(
      from([0, 1, 2]).pipe(
        inOrder(async (item) => {
          started.push(item);
          await new Promise<void>((resolve) => {
            done[item] = resolve;
          });
          return item;
        }),
        toArray(),
      ),
    );
    assert.deepEqual(started, [0, 1, 2]);
    for (const item of [2, 0, 1]) done[item]?.();
    assert.deepEqual(await results, [0, 1, 2]);
  });

  it('fails with the first failure in order, and leaves no rejection unhandled', async () => {
    await assert.rejects(
      lastValueFrom(from([0, 1, 2]).pipe(inOrder(async (item) => Promise.reject(new Error(`no ${item}`))))),
      /no 0/,
    );
    await nextTurn();
  });
});

describe('whenFree', () => {
  it('takes together what arrived while it was busy, one call at a time and in order', async () => {
    const source = new Subject<number>();
    const calls: (readonly number[])[] = [];
    const release: (() => void)[] = [];
    const finished = lastValueFrom(
      source.pipe(
        whenFree(
          async (items: readonly number[]) => {
            calls.push(items);
            await new Promise<void>((resolve) => release.push(resolve));
          },
          { max: 3 },
        ),
      ),
      { defaultValue: undefined },
    );
    source.next(1);
    source.next(2);
    await eventually(() => calls.length === 1);
    for (const item of [3, 4, 5, 6]) source.next(item);
    await nextTurn();
    assert.deepEqual(calls, [[1, 2]]);
    release[0]?.();
    await eventually(() => calls.length === 2);
    source.complete();
    release[1]?.();
    await eventually(() => calls.length === 3);
    release[2]?.();
    await finished;
    assert.deepEqual(calls, [[1, 2], [3, 4, 5], [6]]);
  });

  function apart(apartMs: number) {
    const [source, calls] = [new Subject<number>(), [] as { items: readonly number[]; at: number }[]];
    const work = async (items: readonly number[]): Promise<void> => void calls.push({ items, at: performance.now() });
    const finished = lastValueFrom(source.pipe(whenFree(work, { max: 3, apartMs })), { defaultValue: undefined });
    return { source, calls, finished };
  }

  it('works on the first item at once and on those that follow together, after a while', async () => {
    const { source, calls, finished } = apart(50);
    source.next(1);
    await eventually(() => calls.length === 1);
    source.next(2);
    await nextTurn();
    source.next(3);
    await eventually(() => calls.length === 2);
    source.complete();
    await finished;
    const [first, second] = calls;
    assert.deepEqual([first?.items, second?.items], [[1], [2, 3]]);
    assert.ok((second?.at ?? 0) - (first?.at ?? 0) >= 49);
  });

  it('waits neither with a full call nor at the end', async () => {
    const { source, calls, finished } = apart(3_600_000);
    source.next(1);
    await eventually(() => calls.length === 1);
    for (const item of [2, 3, 4, 5]) source.next(item);
    await eventually(() => calls.length === 2);
    source.complete();
    await finished;
    assert.deepEqual(
      calls.map(({ items }) => items),
      [[1], [2, 3, 4], [5]],
    );
  });

  it('begins no call once nobody listens, also when it was waiting to', async () => {
    const [source, calls] = [new Subject<number>(), [] as (readonly number[])[]];
    const work = async (items: readonly number[]): Promise<void> => void calls.push(items);
    const subscription = source.pipe(whenFree(work, { max: 3, apartMs: 3_600_000 })).subscribe();
    source.next(1);
    await eventually(() => calls.length === 1);
    source.next(2);
    await nextTurn();
    await nextTurn();
    subscription.unsubscribe();
    await nextTurn();
    assert.deepEqual(calls, [[1]]);
  });

  it('ends with the failure of the work', async () => {
    await assert.rejects(
      lastValueFrom(from([1]).pipe(whenFree(async () => Promise.reject(new Error('full')), { max: 1 }))),
      /full/,
    );
  });
});

describe('AckTracker', () => {
  it('moves over acknowledged offsets up to the first gap, for thousands in any order', () => {
    const tracker = new AckTracker(100);
    const offsets = Array.from({ length: 5000 }, (_, index) => 100 + index * 2); // compacted topics have holes
    for (const offset of offsets) tracker.delivered(offset);
    for (const offset of offsets.slice(1).reverse()) assert.equal(tracker.acknowledge(offset), false);
    assert.equal(tracker.position, 100);
    assert.equal(tracker.acknowledge(100), true);
    assert.equal(tracker.position, (offsets.at(-1) ?? 0) + 1);
    assert.equal(tracker.acknowledge(100), false);
    assert.equal(tracker.acknowledge(7), false);
  });
});
