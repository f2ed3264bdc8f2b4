import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseDate } from '../../src/feeds/dates.ts';

/** Any UTF-16 at all, lone surrogates too. */
const anyText = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 80 }).map((units) => String.fromCharCode(...units));

const iso = (text: string): string => {
  const at = parseDate(text);
  return at === undefined ? 'unreadable' : new Date(at).toISOString();
};

test('reads dates as real feeds write them', () => {
  const at = '2026-11-24T14:05:09.000Z';
  for (const text of [
    'Tue, 24 Nov 2026 14:05:09 GMT',
    'Tue, 24 Nov 2026 14:05:09 +0000',
    'Tue, 24 Nov 2026 09:05:09 EST',
    'Tue, 24 Nov 2026 06:05:09 PST',
    'Tue, 24 Nov 26 14:05:09 Z',
    '24 Nov 2026 14:05:09 UT',
    'Tuesday, 24-Nov-26 14:05:09 GMT',
    'Tue,24 Nov 2026 15:05:09 +01:00',
    'Tue, 24 Nov 2026 14:05:09 “+0000”',
    'Tue, 24 Nov 2026 09:05:09 -0500 (EST)',
    'Tue, 24 Nov 2026 16:05:09 GMT+2',
    'Tue, 24 November 2026 14:05:09',
    'Nov 24, 2026 2:05:09 PM UTC',
    'November 24, 2026, 9:05:09 a.m. EST',
    'Tue Nov 24 14:05:09 UTC 2026',
    'Tue Nov 24 14:05:09 2026',
    '2026-11-24T14:05:09Z',
    '2026-11-24T14:05:09',
    '2026-11-24 14:05:09',
    '2026-11-24 14:05:09 +0000',
    '2026-11-24T19:35:09+05:30',
    '2026-11-24T15:05:09+01',
    '2026-11-24T14:05:09.000000Z',
    '2026/11/24 14:05:09',
    '2026-11-24 09:05:09 EST',
    '20261124T140509Z',
    '11/24/2026 2:05:09 PM',
    '  Tue,  24 Nov 2026\n 14:05:09 GMT ',
    '1795529109',
    '1795529109000',
  ]) {
    assert.equal(iso(text), at, text);
  }
});

test('reads dates without a time, without seconds and with summer time', () => {
  assert.equal(iso('2026-11-24'), '2026-11-24T00:00:00.000Z');
  assert.equal(iso('24 Nov 2026'), '2026-11-24T00:00:00.000Z');
  assert.equal(iso('2026-11'), '2026-11-01T00:00:00.000Z');
  assert.equal(iso('Wed, 1 Jul 2026 9:05 EDT'), '2026-07-01T13:05:00.000Z');
  assert.equal(iso('Wed, 01 Jul 1998 09:05 BST'), '1998-07-01T08:05:00.000Z');
  assert.equal(iso('1 Jul 98 12:00 GMT'), '1998-07-01T12:00:00.000Z');
  assert.equal(iso('2026-11-24T14:05:09.123Z'), '2026-11-24T14:05:09.123Z');
  assert.equal(iso('31 Dec 2026 23:59:60 GMT'), '2026-12-31T23:59:59.000Z');
});

test('leaves unread what is no date, or not for certain', () => {
  for (const text of [
    '',
    'yesterday',
    'today 14:05',
    '24 Foo 2026',
    '31 Feb 2026',
    '2026-13-01',
    '2026-02-30T00:00:00Z',
    'Tue, 24 Nov 2026 25:00:00 GMT',
    'Tue, 24 Nov 2026 14:05:09 XYZ',
    '05/06/2026',
    '1970-01-01T00:00:00Z',
    '0001-01-01T00:00:00',
    '9999-12-31',
    '0',
    '12',
    '24 novembre 2026',
    'x'.repeat(100_000),
  ]) {
    assert.equal(iso(text), 'unreadable', text.slice(0, 50));
  }
});

test('reads back every instant in every format that it is written in', () => {
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const two = (value: number): string => String(value).padStart(2, '0');
  const second = fc.integer({ min: Date.UTC(1990, 0, 2) / 1000, max: Date.UTC(2069, 11, 31) / 1000 });
  fc.assert(
    fc.property(second, fc.integer({ min: -12 * 60, max: 14 * 60 }), (seconds, offset) => {
      const at = seconds * 1000;
      const d = new Date(at + offset * 60_000);
      const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
      const time = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
      const month = months[d.getUTCMonth()];
      assert.equal(parseDate(new Date(at).toISOString()), at);
      assert.equal(parseDate(new Date(at).toUTCString()), at);
      assert.equal(parseDate(`${d.getUTCDate()} ${month} ${d.getUTCFullYear()} ${time} ${zone}`), at);
      assert.equal(parseDate(`${d.toISOString().slice(0, 19)}${zone.slice(0, 3)}:${zone.slice(3)}`), at);
      assert.equal(parseDate(`${month} ${d.getUTCDate()}, ${d.getUTCFullYear()} ${time} ${zone}`), at);
      if (seconds > 1e8) assert.equal(parseDate(String(seconds)), at);
    }),
  );
});

test('never throws and never takes long', { timeout: 5000 }, () => {
  fc.assert(fc.property(anyText, (text) => parseDate(text) === undefined || Number.isInteger(parseDate(text))));
});
