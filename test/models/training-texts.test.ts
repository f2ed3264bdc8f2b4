import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renamedTexts } from '../../models/renamed-texts.ts';
import { trainingTexts } from '../../models/training-texts.ts';
import type { LabelledText } from '../../src/model/training-data/labelled-text.ts';

const COMPANIES = [['Exide'], ['Amara Raja'], ['Moser Baer', 'Moser'], ['Sun Pharma']];
const TITLE = 'Amara Raja posts 13% growth; market leader Exide slips 11%';

const headline = (row: number, text: string, entity?: string, label = 1): LabelledText => ({
  ...{ text, head: 'sentiment', label, part: 'train', file: 'sentfin.csv', row },
  ...(entity === undefined ? {} : { entity }),
});
const tweet = (row: number, text: string, head: LabelledText['head'] = 'sentiment'): LabelledText => ({
  ...{ text, head, label: 0, part: 'train', file: 'tweets.csv', row },
});

test('all texts of a headline get the same new names, each company another one', () => {
  const [first, second] = renamedTexts([headline(0, TITLE, 'Amara Raja', 2), headline(0, TITLE, 'Exide', 0)], COMPANIES);
  assert.equal(first?.text, second?.text);
  const names = [first?.entity, second?.entity];
  assert.equal(new Set([...names, 'Amara Raja', 'Exide']).size, 4);
  assert.equal(first?.text, `${names[0]} posts 13% growth; market leader ${names[1]} slips 11%`);
  assert.deepEqual([first?.label, second?.label], [2, 0]);
});

test('a text without entity is renamed as its headline is; a name within a word stays', () => {
  const texts = [headline(3, 'Moser Baer falls, Moserland not'), headline(3, 'Moser Baer falls, Moserland not', 'Moser Baer')];
  const [whole, asked] = renamedTexts(texts, COMPANIES);
  assert.equal(whole?.text, asked?.text);
  assert.equal(whole?.text, `${asked?.entity} falls, Moserland not`);
  assert.notEqual(asked?.entity, 'Moser Baer');
});

test('what is no company keeps its name, and a topic its cashtags', () => {
  const texts = [headline(0, 'Sensex slips', 'Sensex'), tweet(1, '$XOM drills', 'topic'), tweet(2, 'no tag')];
  assert.deepEqual(renamedTexts(texts, COMPANIES), texts);
});

test("a tweet's cashtags are exchanged for those of others", () => {
  const texts = [tweet(0, '$AAPL up, $AAPL again'), tweet(1, '$T down'), tweet(2, '$GE flat')];
  const [first] = renamedTexts(texts, COMPANIES);
  assert.match(first?.text ?? '', /^(\$T up, \$T again|\$GE up, \$GE again)$/);
});

test('what is trained on is the same each time, and what is kept for validation stands there once, as it is', () => {
  const kept: LabelledText = { ...headline(9, TITLE, 'Exide'), part: 'validation' };
  const sets = [
    headline(0, 'Sun Pharma rallies', 'Sun Pharma'),
    headline(1, TITLE, 'Exide', 0),
    tweet(2, '$T down'),
    tweet(3, '$GE'),
    kept,
  ];
  const texts = trainingTexts(sets, COMPANIES);
  assert.deepEqual(texts, trainingTexts(sets, COMPANIES));
  assert.deepEqual(
    texts.filter(({ part }) => part !== 'train'),
    [kept],
  );
  assert.ok(texts.some(({ text, entity }) => text === '$T down' && entity === '$T'));
});
