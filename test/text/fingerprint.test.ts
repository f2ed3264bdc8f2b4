import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { hammingDistance, parseSimHash } from '../../src/domain/simhash.ts';
import { fingerprint, normaliseTitle } from '../../src/text/fingerprint.ts';

/** Any UTF-16 at all, lone surrogates too. */
const anyText = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 80 }).map((units) => String.fromCharCode(...units));

const distance = (one: string, other: string): number =>
  hammingDistance(parseSimHash(fingerprint(one).simhash), parseSimHash(fingerprint(other).simhash));

test('takes copies of a headline for the same, whoever carries them', () => {
  const copies = [
    'Oil prices slump 30% as Saudi Arabia starts price war',
    'RT @Reuters: Oil prices slump 30% as Saudi Arabia starts price war https://t.co/abc',
    'OIL PRICES SLUMP 30% AS SAUDI ARABIA STARTS PRICE WAR - Reuters',
    'Oil prices slump 30% as Saudi Arabia starts price war | Financial Times',
    '  Oil prices slump  30 %, as Saudi Arabia starts “price war” @markets',
  ];
  for (const copy of copies) assert.deepEqual(fingerprint(copy), fingerprint(copies[0] ?? ''), copy);
});

test('keeps what only looks like a source, and titles that are all address', () => {
  assert.equal(normaliseTitle('Stocks fall - Dow'), 'stocks fall dow');
  assert.equal(normaliseTitle("McDonald's sales rise 1,234.5 points"), 'mcdonalds sales rise 12345 points');
  assert.notEqual(fingerprint('https://t.co/a').exact, fingerprint('https://t.co/b').exact);
  assert.equal(fingerprint('').words, 0);
});

test('puts a slightly edited headline near and another one far', () => {
  const title = 'Boeing shares tumble after second 737 MAX crash raises safety fears worldwide';
  const edited = 'Boeing shares tumble after second 737 MAX crash raises safety concerns worldwide';
  const other = 'Federal Reserve cuts interest rates to zero and launches bond buying programme';
  assert.ok(distance(title, edited) <= 16);
  assert.ok(distance(title, other) >= 20);
});

test('spreads the bits: unrelated titles differ in about half of them', () => {
  const word = fc.string({ unit: fc.constantFrom(...'abcdefghijklmnop'), minLength: 3, maxLength: 9 });
  const titles = fc
    .sample(fc.array(word, { minLength: 8, maxLength: 14 }), { numRuns: 400, seed: 7 })
    .map((words) => words.join(' '));
  let sum = 0;
  for (let index = 1; index < titles.length; index++) sum += distance(titles[index - 1] ?? '', titles[index] ?? '');
  const mean = sum / (titles.length - 1);
  assert.ok(mean > 29 && mean < 35, `mean distance ${mean}`);
});

test('has the right shape for any text, and the same for the same', () => {
  fc.assert(
    fc.property(anyText, (title) => {
      const print = fingerprint(title);
      assert.match(print.simhash, /^[0-9a-f]{16}$/);
      assert.deepEqual(print, fingerprint(title));
    }),
  );
});
