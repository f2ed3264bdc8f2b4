import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { groupNearDuplicates } from '../../../src/model/training-data/near-duplicates.ts';

describe('near-duplicates', () => {
  it('are the same news with another link, handle, case or word, and chains of such', () => {
    const texts = [
      'Boeing shares tumble after second crash raises fears https://t.co/abc',
      'RT @wire: BOEING shares tumble after second crash raises fears',
      'Boeing shares tumble after second crash raises worries',
      'Fed keeps rates where they are',
      'Boeing shares tumble after third crash raises worries',
      '',
      '   ',
      '',
    ];
    assert.deepEqual(groupNearDuplicates(texts), [0, 0, 0, 3, 0, 5, 6, 5]);
  });

  it('are those that comparing every pair finds', () => {
    const words = fc.subarray('a b c d e f g h i j k l'.split(' '), { minLength: 1 }).map((each) => each.join(' '));
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), fc.constantFrom(0.3, 0.5, 0.6, 0.8, 1), (texts, threshold) => {
        const sets = texts.map((text) => new Set(text.split(' ')));
        const group = texts.map((_, i) => i);
        for (let round = 0; round < texts.length; round += 1) {
          for (const [i, a] of sets.entries()) {
            for (const [j, b] of sets.entries()) {
              const shared = [...a].filter((word) => b.has(word)).length;
              if (shared < threshold * (a.size + b.size - shared)) continue;
              const least = Math.min(group[i] as number, group[j] as number);
              group[i] = least;
              group[j] = least;
            }
          }
        }
        assert.deepEqual(groupNearDuplicates(texts, threshold), group);
      }),
      { numRuns: 60 },
    );
  });
});
