import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nextSpan } from '../../../src/log/kafka/trace-context.ts';

describe('trace context', () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const span = '00f067aa0ba902b7';

  it('goes on with a trace in a span of its own, flags kept', () => {
    const next = nextSpan(`00-${trace}-${span}-00`);
    assert.match(next, new RegExp(`^00-${trace}-[0-9a-f]{16}-00$`));
    assert.ok(!next.includes(span));
  });

  it('reads a later version by what it shares with this one', () => {
    assert.match(nextSpan(`01-${trace}-${span}-01-more`), new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
  });

  it('begins a new trace without one that can be read', () => {
    const unusable = [
      undefined,
      '',
      'x',
      `ff-${trace}-${span}-01`,
      `00-${'0'.repeat(32)}-${span}-01`,
      `00-${trace}-${'0'.repeat(16)}-01`,
    ];
    const begun = unusable.map(nextSpan);
    for (const next of begun) assert.match(next, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.equal(new Set(begun.map((next) => next.slice(3, 35))).size, unusable.length);
  });
});
