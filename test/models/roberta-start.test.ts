import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { piecesOf } from '../../models/word-pieces.ts';

const tokenizer = readFileSync(join(import.meta.dirname, '..', '..', 'models', 'default', 'tokenizer.json'), 'utf8');

it('a byte-level token is made of the word pieces of its text', () => {
  const { vocab }: { vocab: Readonly<Record<string, number>> } = JSON.parse(tokenizer).model;
  const names = new Map(Object.entries(vocab).map(([name, id]) => [id, name]));
  const pieces = piecesOf({ tokenizer });
  const of = (token: string): readonly string[] => pieces(token).map((id) => names.get(id) ?? '');
  assert.deepEqual(of('Ġshares'), ['shares']);
  assert.deepEqual(of('Shares'), ['shares'], 'a capital begins a word');
  assert.deepEqual(of('ing'), ['##ing'], 'it goes on with a word');
  assert.deepEqual(of('Ġunderperform'), ['under', '##per', '##form']);
  assert.deepEqual(of("'s"), ["'", 's']);
  assert.deepEqual(of('ĠÃ©t'), ['et'], 'bytes of UTF-8, accents aside');
  assert.deepEqual(of('Ġ'), ['[UNK]']);
  assert.deepEqual(of('ð'), ['[UNK]'], 'half a character');
  assert.deepEqual(of('[SEP]'), ['[SEP]']);
});
