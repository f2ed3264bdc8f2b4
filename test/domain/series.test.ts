import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bucketStart, parseSeriesKey, seriesKind, seriesName } from '../../src/domain/series.ts';

describe('a series', () => {
  it('has a kind and a name to show', () => {
    const keys = ['market', 'topic:Energy | Oil', 'entity:BRK.B'] as const;
    assert.deepEqual(
      keys.map((key) => [parseSeriesKey(key), seriesKind(key), seriesName(key)]),
      [
        ['market', 'market', 'Market'],
        ['topic:Energy | Oil', 'topic', 'Energy | Oil'],
        ['entity:BRK.B', 'entity', 'BRK.B'],
      ],
    );
  });

  it('is not parsed from anything else', () => {
    for (const text of ['', 'Market', 'topic:', 'entity', 'bond:X', ' market']) assert.equal(parseSeriesKey(text), undefined);
  });
});

describe('a bucket', () => {
  it('holds the instants from its start on, is aligned to the epoch, and is found for instants before the epoch too', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e13, max: 1e13 }), fc.integer({ min: 1, max: 86_400_000 }), (at, widthMs) => {
        const start = bucketStart(at, widthMs);
        return start <= at && at < start + widthMs && Math.abs(start % widthMs) === 0;
      }),
    );
  });
});
