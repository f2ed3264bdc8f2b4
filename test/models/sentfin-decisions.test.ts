import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agreedSentiment, parseDecisions } from '../../models/sentfin-decisions.ts';

test('reads names that hold quotes, commas, colons and braces', () => {
  const cases: [string, [string, string][]][] = [
    [`{'SpiceJet': 'neutral'}`, [['SpiceJet', 'neutral']]],
    [
      `{'Sebi': 'neutral', 'Osian's Art Fund': 'neutral'}`,
      [
        ['Sebi', 'neutral'],
        ["Osian's Art Fund", 'neutral'],
      ],
    ],
    [
      `{"Dr. Reddy's": "positive", 'L&T': "negative"}`,
      [
        ["Dr. Reddy's", 'positive'],
        ['L&T', 'negative'],
      ],
    ],
    [`{'A, B: C}': 'negative'}`, [['A, B: C}', 'negative']]],
    [`{"positive": 'negative' }`, [['positive', 'negative']]],
  ];
  for (const [text, expected] of cases) {
    assert.deepEqual(
      parseDecisions(text).map(({ entity, sentiment }) => [entity, sentiment]),
      expected,
      text,
    );
  }
});

test('finds nothing in what is no decision', () => {
  for (const text of ['', '{}', `{'A': 'great'}`, 'neutral']) assert.deepEqual(parseDecisions(text), []);
});

test('takes a sentiment as agreed only when every company has it', () => {
  assert.equal(agreedSentiment(parseDecisions(`{'A': 'negative', 'B': 'negative'}`)), 'negative');
  assert.equal(agreedSentiment(parseDecisions(`{'A': 'negative', 'B': 'neutral'}`)), undefined);
  assert.equal(agreedSentiment([]), undefined);
});
