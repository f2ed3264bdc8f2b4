import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { epochBatches } from '../../../src/model/training/epoch-batches.ts';
import { rateOf } from '../../../src/model/training/schedule.ts';

describe('the batches of an epoch', () => {
  const lengths = fc.array(fc.integer({ min: 3, max: 60 }), { maxLength: 300 });
  const limits = fc.record({ maxRows: fc.integer({ min: 1, max: 20 }), maxTokens: fc.integer({ min: 60, max: 400 }) });

  it('hold every text once, within rows and padded tokens', () => {
    fc.assert(
      fc.property(lengths, limits, fc.nat(), (of, within, seed) => {
        const batches = epochBatches(of, within, seed, 0);
        assert.deepEqual(
          batches.flat().sort((a, b) => a - b),
          of.map((_, i) => i),
        );
        for (const batch of batches) {
          assert.ok(batch.length > 0 && batch.length <= within.maxRows);
          assert.ok(batch.length * Math.max(...batch.map((i) => of[i] ?? 0)) <= within.maxTokens);
        }
      }),
    );
  });

  it('are the same for seed and epoch, and others in the next epoch', () => {
    const of = Array.from({ length: 200 }, (_, i) => 5 + ((i * 37) % 50));
    const at = (seed: number, epoch: number) => epochBatches(of, { maxRows: 8, maxTokens: 512 }, seed, epoch);
    assert.deepEqual(at(1, 0), at(1, 0));
    assert.notDeepEqual(at(1, 0), at(1, 1));
    assert.notDeepEqual(at(1, 0), at(2, 0));
  });

  it('waste little on padding', () => {
    const of = Array.from({ length: 4000 }, (_, i) => 5 + ((i * 7919) % 60));
    const padded = epochBatches(of, { maxRows: 32, maxTokens: 4096 }, 1, 0).reduce(
      (sum, batch) => sum + batch.length * Math.max(...batch.map((i) => of[i] ?? 0)),
      0,
    );
    assert.ok(padded < 1.05 * of.reduce((sum, length) => sum + length, 0), `${padded} tokens`);
  });
});

describe('the learning rate', () => {
  it('rises in a line to its highest, then stays, falls in a line, or as half a cosine', () => {
    const at = (kind: 'constant' | 'linear' | 'cosine', step: number): number => rateOf({ kind, rate: 2, warmUp: 0.2 }, step, 10);
    assert.deepEqual([at('linear', 0), at('linear', 1), at('linear', 2), at('linear', 6)], [1, 2, 2, 1]);
    assert.deepEqual([at('constant', 2), at('constant', 9)], [2, 2]);
    assert.ok(Math.abs(at('cosine', 2) - 2) < 1e-12 && Math.abs(at('cosine', 6) - 1) < 1e-12 && at('cosine', 9) < 0.1);
    assert.equal(rateOf({ kind: 'linear', rate: 2, warmUp: 0 }, 0, 10), 2);
  });
});
