import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestScheduler } from 'rxjs/testing';
import { microBatch } from '../../src/log/micro-batch.ts';

const scheduler = (): TestScheduler => new TestScheduler((actual, expected) => assert.deepEqual(actual, expected));
const weigh = (text: string): number => (text === 'h' ? 5 : 1);

describe('microBatch', () => {
  it('closes a batch at its weight, and after the time since its first item', () => {
    scheduler().run(({ hot, expectObservable }) => {
      const source = hot('(abc)-d-e---------|');
      const batches = source.pipe(microBatch({ maxWeight: 3, weigh, timeMs: 4 }));
      expectObservable(batches).toBe('x---------y-------|', { x: ['a', 'b', 'c'], y: ['d', 'e'] });
    });
  });

  it('closes before an item that would pass the weight, and lets a heavier one alone', () => {
    scheduler().run(({ hot, expectObservable }) => {
      const source = hot('(abh)(c|)');
      expectObservable(source.pipe(microBatch({ maxWeight: 3, weigh, timeMs: 50 }))).toBe('(xy)-(z|)', {
        x: ['a', 'b'],
        y: ['h'],
        z: ['c'],
      });
    });
  });

  it('gives what it has at the end, and nothing of nothing', () => {
    scheduler().run(({ hot, expectObservable }) => {
      expectObservable(hot('-a-|').pipe(microBatch({ maxWeight: 3, weigh, timeMs: 50 }))).toBe('---(x|)', { x: ['a'] });
      expectObservable(hot('---|').pipe(microBatch({ maxWeight: 3, weigh, timeMs: 1 }))).toBe('---|');
    });
  });

  it('passes an error on and drops what was not closed', () => {
    scheduler().run(({ hot, expectObservable }) => {
      expectObservable(hot('-ab#').pipe(microBatch({ maxWeight: 9, weigh, timeMs: 50 }))).toBe('---#');
    });
  });
});
