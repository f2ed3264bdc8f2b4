import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cutBatches, padBatch } from '../../../src/model/serving/batches.ts';

test('puts every text in one batch, shortest first, within the budget of padded tokens', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 2, max: 128 }), { maxLength: 200 }),
      fc.integer({ min: 1, max: 1024 }),
      (lengths, budget) => {
        const batches = cutBatches(lengths, budget);
        const order = batches.flat();
        assert.deepEqual(
          [...order].sort((a, b) => a - b),
          [...lengths.keys()],
        );
        assert.deepEqual(
          order.map((index) => lengths[index]),
          [...lengths].sort((a, b) => a - b),
        );
        for (const batch of batches) {
          const padded = batch.length * Math.max(...batch.map((index) => lengths[index] ?? 0));
          assert.ok(batch.length === 1 || padded <= budget);
        }
      },
    ),
  );
});

test('fills batches: two that follow each other would not fit in one', () => {
  const lengths = Array.from({ length: 100 }, (_, i) => 5 + (i % 20));
  const batches = cutBatches(lengths, 256);
  for (const [n, batch] of batches.slice(0, -1).entries()) {
    const next = batches[n + 1]?.[0] ?? 0;
    assert.ok((batch.length + 1) * (lengths[next] ?? 0) > 256);
  }
});

test('pads at the end, masks what it padded and keeps segments', () => {
  const { batch, tokens, ids, mask, types } = padBatch([{ ids: [7, 8, 9], types: [0, 1, 1] }, { ids: [5] }], 1, 4);
  assert.deepEqual([batch, tokens], [2, 4]);
  assert.deepEqual([...ids], [7n, 8n, 9n, 1n, 5n, 1n, 1n, 1n]);
  assert.deepEqual([...mask], [1n, 1n, 1n, 0n, 1n, 0n, 0n, 0n]);
  assert.deepEqual([...types], [0n, 1n, 1n, 0n, 0n, 0n, 0n, 0n]);
});
