import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BarographError } from '../../../src/domain/errors.ts';
import { maxTokens, parseEncoderConfig } from '../../../src/model/checkpoint/encoder-config.ts';
import { encoderParameters, loadParameters } from '../../../src/model/checkpoint/parameters.ts';
import { parseSafetensors } from '../../../src/model/checkpoint/safetensors.ts';
import { encodeSafetensors } from '../../../src/model/checkpoint/write-safetensors.ts';
import { counterParameters } from '../../fixtures/model/counter-parameters.ts';

const json = {
  model_type: 'roberta',
  vocab_size: 11,
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 12,
  max_position_embeddings: 9,
  type_vocab_size: 1,
  layer_norm_eps: 1e-5,
};
const config = parseEncoderConfig(json, 'config.json');
const table = encoderParameters(config);
const hasCode = (error: unknown, message: RegExp): boolean =>
  error instanceof BarographError && error.code === 'E_CHECKPOINT_INVALID' && message.test(error.message);

test('counts the parameters of roberta-base as transformers does', () => {
  const base = { ...json, vocab_size: 50265, hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12 };
  const full = parseEncoderConfig({ ...base, intermediate_size: 3072, max_position_embeddings: 514 }, 'config.json');
  const count = encoderParameters(full).reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1), 0);
  // RobertaModel(add_pooling_layer=False).num_parameters() of the base configuration: 124.06 million.
  assert.equal(count, 124_055_040);
  assert.equal(maxTokens(full), 512);
});

test('decays matrices and neither biases nor norms', () => {
  for (const { name, shape, decay } of table) assert.equal(decay, shape.length === 2, name);
});

test('finds parameters with and without the prefix of the family, and leaves the rest unread', () => {
  const parameters = counterParameters(table);
  for (const prefix of ['', 'roberta.']) {
    const stored = new Map([...parameters].map(([name, tensor]) => [prefix + name, tensor]));
    stored.set('lm_head.bias', { shape: [1], data: Float32Array.of(Number.NaN) });
    const loaded = loadParameters(parseSafetensors(encodeSafetensors(stored), 'a'), table);
    assert.deepEqual(loaded, parameters);
  }
});

test('finds the norms of checkpoints that call them gamma and beta', () => {
  const parameters = counterParameters(table);
  const legacy = (name: string): string =>
    name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta');
  const stored = new Map([...parameters].map(([name, tensor]) => [`bert.${legacy(name)}`, tensor]));
  assert.deepEqual(loadParameters(parseSafetensors(encodeSafetensors(stored), 'a'), table), parameters);
});

test('refuses a missing tensor and one of another shape, and names it', () => {
  const name = 'encoder.layer.1.output.dense.weight';
  const without = new Map(counterParameters(table));
  without.delete(name);
  const load = (tensors: typeof without) => () => loadParameters(parseSafetensors(encodeSafetensors(tensors), 'a'), table);
  assert.throws(load(without), (error) => hasCode(error, /encoder\.layer\.1\.output\.dense\.weight is missing/));
  without.set(name, { shape: [12, 8], data: new Float32Array(96) });
  assert.throws(load(without), (error) => hasCode(error, /dense\.weight has the shape \[12,8\]; config\.json asks for \[8,12\]/));
});

test('refuses a configuration it cannot build, and names the field', () => {
  const refused: [object, RegExp][] = [
    [{ model_type: 'gpt2' }, /model_type/],
    [{ hidden_act: 'relu' }, /hidden_act/],
    [{ position_embedding_type: 'relative_key' }, /position_embedding_type/],
    [{ num_attention_heads: 3 }, /no multiple/],
    [{ vocab_size: 0 }, /vocab_size/],
    [{ layer_norm_eps: 'small' }, /layer_norm_eps/],
  ];
  for (const [change, message] of refused) {
    assert.throws(
      () => parseEncoderConfig({ ...json, ...change }, 'config.json'),
      (error) => hasCode(error, message),
    );
  }
});
