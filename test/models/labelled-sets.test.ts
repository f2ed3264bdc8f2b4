import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readLabelledSets, type SplitRow } from '../../models/labelled-sets.ts';
import { BarographError } from '../../src/domain/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'labelled-'));
after(() => rmSync(folder, { recursive: true }));

const SPLIT = `file,row,group,part
twitter-financial-news-topic.csv,0,0,train
twitter-financial-news-sentiment.csv,0,1,test
twitter-financial-news-sentiment.csv,1,2,train
sentfin.csv,0,3,validation
sentfin.csv,1,4,train
`;

function write(change: Record<string, string> = {}): void {
  const files = {
    'split.csv': SPLIT,
    'twitter-financial-news-topic.csv': 'text,label\n"Dividend, ""up""\nagain",4\n',
    'twitter-financial-news-sentiment.csv': 'text,label\nbullish one,1\nbearish one,0\n',
    'sentfin.csv': `S No.,Title,Decisions,Words\n1,A falls as B falls,"{'A': 'negative', 'B': 'negative'}",5\n2,A buys B,"{'A': 'negative', 'B': 'positive'}",3\n`,
    ...change,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

test('gives every row its part and class, and headlines as wholes only where their companies agree', () => {
  write();
  assert.deepEqual(
    readLabelledSets(folder).map(({ head, text, entity, label, part }) => [head, text, entity, label, part]),
    [
      ['topic', 'Dividend, "up"\nagain', undefined, 4, 'train'],
      ['sentiment', 'bullish one', undefined, 2, 'test'],
      ['sentiment', 'bearish one', undefined, 0, 'train'],
      ['sentiment', 'A falls as B falls', undefined, 0, 'validation'],
      ['sentiment', 'A falls as B falls', 'A', 0, 'validation'],
      ['sentiment', 'A falls as B falls', 'B', 0, 'validation'],
      ['sentiment', 'A buys B', 'A', 0, 'train'],
      ['sentiment', 'A buys B', 'B', 2, 'train'],
    ],
  );
});

test('a row may count as another part than its own, by its group', () => {
  write();
  const partOf = ({ group, part }: SplitRow) => (group === 3 ? 'train' : part);
  assert.deepEqual(
    readLabelledSets(folder, partOf).map(({ part }) => part),
    ['train', 'test', 'train', 'train', 'train', 'train', 'train', 'train'],
  );
});

test('names the file and the row of what it cannot use', () => {
  const refuses = (message: RegExp): void => {
    assert.throws(
      () => readLabelledSets(folder),
      (error) => error instanceof BarographError && error.code === 'E_INPUT_INVALID' && message.test(error.message),
    );
  };
  write({ 'twitter-financial-news-topic.csv': 'text,label\na,20\n' });
  refuses(/twitter-financial-news-topic\.csv, row 0: unknown label/);
  write({ 'twitter-financial-news-sentiment.csv': 'text,label\na,1\nb,0\nc,2\n' });
  refuses(/twitter-financial-news-sentiment\.csv, row 2: split\.csv does not list it/);
  write({ 'sentfin.csv': 'S No.,Title,Decisions,Words\n1,A falls,none,2\n' });
  refuses(/sentfin\.csv, row 0: no decision/);
});
