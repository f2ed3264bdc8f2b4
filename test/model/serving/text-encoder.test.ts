import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { createTextEncoder } from '../../../src/model/serving/text-encoder.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/model');
const bundle = join(import.meta.dirname, '../../../models/default');
const readJson = (path: string): object => z.looseObject({}).parse(JSON.parse(readFileSync(path, 'utf8')));
const ids = z.array(z.array(z.number()));
const golden = z
  .object({
    texts: z.array(z.string()),
    entities: z.array(z.string()),
    bert: ids,
    roberta: ids,
    bertPairs: ids,
    robertaPairs: ids,
  })
  .parse(readJson(join(fixtures, 'golden-ids.json')));

const bert = {
  tokenizer: readJson(join(bundle, 'tokenizer.json')),
  tokenizerConfig: readJson(join(bundle, 'tokenizer_config.json')),
};
const roberta = { tokenizer: readJson(join(fixtures, 'roberta-tokenizer-excerpt.json')), tokenizerConfig: {} };
const encodeBert = createTextEncoder(bert, 'bert', 512);

test("gives the ids of Hugging Face's own tokenizers for the default bundle's vocabulary", () => {
  for (const [n, text] of golden.texts.entries()) assert.deepEqual(encodeBert(text), { ids: golden.bert[n] }, text);
});

test("gives the ids of Hugging Face's own tokenizers for RoBERTa's vocabulary", () => {
  const encode = createTextEncoder(roberta, 'roberta', 512);
  for (const [n, text] of golden.texts.entries()) assert.deepEqual(encode(text), { ids: golden.roberta[n] }, text);
});

test('cuts a long text at the limit and keeps its last special token', () => {
  const encode = createTextEncoder(bert, 'bert', 8);
  const { ids: whole } = encodeBert('one two three four five six seven eight nine');
  assert.deepEqual(encode('one two three four five six seven eight nine'), { ids: [...whole.slice(0, 7), 102] });
});

test("pairs a text with an entity as Hugging Face's own tokenizers do, in each family's format", () => {
  const encodeRoberta = createTextEncoder(roberta, 'roberta', 512);
  for (const [n, text] of golden.texts.entries()) {
    const entity = golden.entities[n] ?? '';
    const { ids: paired, types = [], second } = encodeBert(text, entity);
    assert.deepEqual(paired, golden.bertPairs[n], text);
    assert.equal(second, golden.bert[n]?.length);
    assert.ok(types.every((type, i) => type === (i < (golden.bert[n]?.length ?? 0) ? 0 : 1)));
    assert.deepEqual(encodeRoberta(text, entity), { ids: golden.robertaPairs[n], second: golden.roberta[n]?.length }, text);
  }
  assert.deepEqual(encodeBert('Shares fall', ' \n'), encodeBert('Shares fall'));
});

test('cuts the text of a pair and keeps the entity, unless that is long itself', () => {
  const encode = createTextEncoder(bert, 'bert', 16);
  const long = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen';
  const { ids: text } = encodeBert(long);
  const { ids: about } = encodeBert('five six');
  assert.deepEqual(encode(long, 'five six').ids, [...text.slice(0, 12), 102, ...about.slice(1)]);
  const { ids: cut } = encode(long, long);
  assert.deepEqual(cut, [...text.slice(0, 11), 102, ...text.slice(1, 4), 102]);
});

test('takes any string, and gives one that begins and ends with the special tokens', () => {
  const encode = createTextEncoder(bert, 'bert', 16);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const { ids: tokens } = encode(text);
      assert.ok(tokens.length >= 2 && tokens.length <= 16);
      assert.equal(tokens[0], 101);
      assert.equal(tokens.at(-1), 102);
      assert.ok(tokens.every((id) => Number.isInteger(id) && id >= 0 && id < 30522));
    }),
  );
});

test('spends no more on a headline of 1 MB than on its beginning', () => {
  const begin = 'markets fall '.repeat(200);
  assert.deepEqual(encodeBert(begin.repeat(400)), encodeBert(begin.slice(0, 2048)));
});
