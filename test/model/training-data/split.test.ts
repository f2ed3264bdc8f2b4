import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { inspect, type LabelledRow } from '../../../src/model/training-data/inspect.ts';
import { splitRows } from '../../../src/model/training-data/split.ts';

const WORDS = 'oil fraud probe record merger cut warns beats rally debt chief quits fine deal bank shares'.split(' ');
const rows = (count: number, label: (i: number) => string): LabelledRow[] =>
  Array.from({ length: count }, (_, i) => {
    const text = Array.from({ length: 6 }, (_, n) => `${WORDS[(i * 7 + n * 5) % WORDS.length]}${(i * 31 + n * 17) % 997}`);
    return { file: i % 3 === 0 ? 'a.csv' : 'b.csv', row: i, text: text.join(' '), label: label(i) };
  });

describe('a split', () => {
  it('keeps near-duplicates together, names every row, and is that of its seed', () => {
    const some = fc.array(
      fc.record({
        file: fc.constantFrom('a.csv', 'b.csv'),
        text: fc.subarray(WORDS, { minLength: 1, maxLength: 5 }).map((words) => words.join(' ')),
        label: fc.constantFrom('up', 'down'),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(some, fc.nat(100), (given, seed) => {
        const all = given.map((each, row) => ({ ...each, row }));
        const split = splitRows(all, { validation: 0.2, test: 0.2 }, seed);
        assert.deepEqual(
          split.map(({ file, row }) => ({ file, row })),
          all.map(({ file, row }) => ({ file, row })),
        );
        const parts = new Map(split.map(({ group, part }) => [group, part]));
        for (const { group, part } of split) assert.equal(parts.get(group), part);
        assert.deepEqual(splitRows(all, { validation: 0.2, test: 0.2 }, seed), split);
      }),
    );
  });

  it('gives every label of every file about its share in every part', () => {
    const all = rows(2000, (i) => (i % 20 === 0 ? 'rare' : i % 2 === 0 ? 'up' : 'down'));
    const split = splitRows(all, { validation: 0.1, test: 0.2 }, 1);
    const strata = Map.groupBy([...all.keys()], (i) => `${all[i]?.file} ${all[i]?.label}`);
    for (const [stratum, members] of strata) {
      const of = (part: string): number => members.filter((i) => split[i]?.part === part).length / members.length;
      assert.ok(Math.abs(of('validation') - 0.1) < 0.04, `${stratum}: ${of('validation')}`);
      assert.ok(Math.abs(of('test') - 0.2) < 0.04, `${stratum}: ${of('test')}`);
    }
    const other = splitRows(all, { validation: 0.1, test: 0.2 }, 2);
    assert.notDeepEqual(other, split);
  });
});

describe('an inspection', () => {
  it('counts labels, empty and repeated texts, near-duplicates and contradictions', () => {
    const row = (n: number, text: string, label: string): LabelledRow => ({ file: 'a.csv', row: n, text, label });
    const found = inspect([
      row(0, 'Profit falls at the bank https://t.co/1', 'down'),
      row(1, 'Profit falls at the bank https://t.co/2', 'up'),
      row(2, 'Profit falls at the big bank', 'down'),
      row(3, 'Something else entirely', 'up'),
      row(4, 'https://t.co/3', ''),
      { file: 'b.csv', row: 0, text: 'Something else entirely', label: 'other' },
    ]);
    assert.deepEqual(found.labels, { 'a.csv': { down: 2, up: 2 }, 'b.csv': { other: 1 } });
    assert.deepEqual([found.rows, found.empty, found.unlabelled, found.length.longest], [6, 1, 1, 28]);
    assert.deepEqual(found.duplicates, { identical: 2, near: 5, groups: 2 });
    assert.equal(found.contradictions.texts, 1);
    assert.deepEqual(found.contradictions.examples[0]?.rows, [
      { row: 0, label: 'down' },
      { row: 1, label: 'up' },
    ]);
  });
});
