import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ADAMW } from '../../../src/model/training/optimisers.ts';
import { TrainingSession } from '../../../src/model/training/training-session.ts';
import { wordRows } from '../../../src/model/training/word-rows.ts';
import { counterParameters } from '../../fixtures/model/counter-parameters.ts';
import { tinyExamples, tinySpec } from './tiny-run.ts';

describe('steps that touch the rows of their own words only', () => {
  it('name each word of their batches once, and say where each token has its own', () => {
    const { words, rows } = wordRows([BigInt64Array.of(7n, 3n, 7n), BigInt64Array.of(1n, 3n)]);
    assert.deepEqual([...words], [7, 3, 1]);
    assert.deepEqual(
      rows.map((of) => [...of]),
      [
        [0n, 1n, 0n],
        [2n, 1n],
      ],
    );
  });

  it('are the steps over the whole table, but that other words rest', async () => {
    const optimiser = { ...ADAMW, weightDecay: 0 };
    const dropout = { hidden: 0, attention: 0, classifier: 0 };
    const examples = tinyExamples(12);
    const name = 'embeddings.word_embeddings.weight';
    const tables = await Promise.all(
      [true, false].map(async (sparseWords) => {
        const { spec } = tinySpec({ optimiser, dropout, sparseWords });
        const initial = counterParameters(spec.parameters); // heads too: from heads of 0 no gradient would come back
        const session = new TrainingSession(spec, initial, 1);
        const after: Float32Array[] = [];
        for (const from of [0, 6]) {
          await session.step(spec.objective.batches([examples.slice(from, from + 6)], spec.config, 0), 0.01);
          after.push(session.parameters.get(name)?.data.slice() ?? new Float32Array());
        }
        await session.close();
        return { after, before: initial.get(name)?.data ?? new Float32Array(), width: spec.config.hidden };
      }),
    );
    const [sparse, dense] = tables;
    assert.ok(sparse !== undefined && dense !== undefined);
    const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
      Array.from(a, (value, i) => Math.abs(value - (b[i] ?? Number.NaN))).reduce((most, each) => Math.max(most, each), 0);
    assert.ok(apart(sparse.after[0] ?? [], dense.after[0] ?? []) < 1e-6); // no word has moments yet
    const wordsOf = (from: number): Set<number> => new Set(examples.slice(from, from + 6).flatMap(({ ids }) => ids));
    const own = new Set([...wordsOf(0), ...wordsOf(6)]);
    const row = (table: Float32Array | undefined, word: number): number[] => [
      ...(table ?? []).slice(word * sparse.width, (word + 1) * sparse.width),
    ];
    for (let word = 0; word < 40; word += 1) {
      const before: number[] = row(sparse.before, word);
      const after: number[] = row(sparse.after[1], word);
      if (own.has(word)) assert.notDeepEqual(after, before, `word ${word}`);
      else assert.deepEqual(after, before, `word ${word}`);
    }
    const rested = [...own].find((word) => !wordsOf(6).has(word));
    assert.ok(rested !== undefined);
    assert.deepEqual(row(sparse.after[1], rested), row(sparse.after[0], rested));
    assert.notDeepEqual(row(dense.after[1], rested), row(dense.after[0], rested)); // its moments move it on
  });
});
