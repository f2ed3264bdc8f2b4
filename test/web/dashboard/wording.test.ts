import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lasting, utcMinute } from '../../../src/web/dashboard/utc.ts';
import { compareAlerts, counted, odds, percent, rate, signed } from '../../../src/web/dashboard/wording.ts';
import { exampleAlert } from '../../notify/alerts.ts';

/** Asserts of each value in turn what the function makes of it. */
function all<T>(make: (value: T) => string, expected: readonly (readonly [T, string])[]): void {
  for (const [value, text] of expected) assert.equal(make(value), text, `of ${String(value)}`);
}

describe('the words of the dashboard', () => {
  it('says chances as odds of two digits', () => {
    all(odds, [
      [0.9, 'more likely than not'],
      [0.25, '1 in 4'],
      [0.013, '1 in 77'],
      [2.5e-5, '1 in 40,000'],
      [0, 'below 1 in a billion'],
      [Number.NaN, 'below 1 in a billion'],
    ]);
  });

  it('shows small expectations with a digit, and never as nothing', () => {
    all(rate, [
      [0, '0.0'],
      [0.01, '<0.1'],
      [2.14, '2.1'],
      [12.6, '13'],
      [1234.5, '1,235'],
    ]);
  });

  it('signs a tone, and shows none on what rounds to nothing', () => {
    all(signed, [
      [0.25, '+0.25'],
      [-0.5, '−0.50'],
      [-0.001, '0.00'],
    ]);
  });

  it('counts in the singular and the plural', () => {
    assert.deepEqual([counted(1, 'story', 'stories'), counted(1200, 'story', 'stories')], ['1 story', '1,200 stories']);
    assert.equal(percent(0.146), '15%');
  });

  it('says how long in the unit that people would take', () => {
    all(lasting, [
      [-5, '0 min'],
      [45 * 60_000, '45 min'],
      [3 * 3_600_000, '3 h'],
      [72 * 3_600_000, '3 d'],
    ]);
    assert.equal(utcMinute(Date.UTC(2026, 2, 3, 0, 5)), '3 Mar, 00:05');
  });

  it('puts the urgent alerts first: open and critical, then open, then resolved, the newest of each first', () => {
    const alerts = [
      exampleAlert({ id: 'resolved', status: 'resolved', openedAt: 9 }),
      exampleAlert({ id: 'old', severity: 'warning', openedAt: 1 }),
      exampleAlert({ id: 'new', severity: 'warning', openedAt: 5 }),
      exampleAlert({ id: 'critical', openedAt: 0 }),
    ];
    assert.deepEqual(
      alerts.sort(compareAlerts).map(({ id }) => id),
      ['critical', 'new', 'old', 'resolved'],
    );
  });
});
