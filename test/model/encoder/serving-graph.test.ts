import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as ort from 'onnxruntime-node';
import { type EncoderConfig, parseEncoderConfig } from '../../../src/model/checkpoint/encoder-config.ts';
import { encoderParameters } from '../../../src/model/checkpoint/parameters.ts';
import { type ActivationRanges, observationGraph, rangeRecorder } from '../../../src/model/encoder/activation-ranges.ts';
import { evaluationGraph } from '../../../src/model/encoder/evaluation-graph.ts';
import { hiddenOutput, servingGraph } from '../../../src/model/encoder/serving-graph.ts';
import { WEIGHT_LIMIT } from '../../../src/model/encoder/weight-quantization.ts';
import type { Graph } from '../../../src/model/graph/graph.ts';
import { encodeOnnx } from '../../../src/model/graph/onnx-file.ts';
import { padBatch } from '../../../src/model/serving/batches.ts';
import type { EncodedBatch } from '../../../src/model/serving/port.ts';
import { counterParameters } from '../../fixtures/model/counter-parameters.ts';

const texts = [
  [5, 9, 12, 40, 3],
  [5, 7, 3],
  [5, 60, 61, 62, 63, 64, 65, 66, 3],
];
const configOf = (family: string): EncoderConfig =>
  parseEncoderConfig(
    {
      model_type: family,
      vocab_size: 80,
      hidden_size: 32,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      intermediate_size: 64,
      max_position_embeddings: 24,
      type_vocab_size: 2,
    },
    'config.json',
  );

async function run(graph: Graph, batch: EncodedBatch): Promise<ort.InferenceSession.OnnxValueMapType> {
  const session = await ort.InferenceSession.create(encodeOnnx(graph), { logSeverityLevel: 3 });
  const tensor = (data: BigInt64Array): ort.Tensor => new ort.Tensor('int64', data, [batch.batch, batch.tokens]);
  const results = await session.run({
    input_ids: tensor(batch.ids),
    attention_mask: tensor(batch.mask),
    token_type_ids: tensor(batch.types),
  });
  await session.release();
  return results;
}

const floats = (value: ort.OnnxValue | undefined): Float32Array => {
  assert.ok(value?.data instanceof Float32Array);
  return value.data;
};

for (const family of ['bert', 'roberta']) {
  test(`serves a ${family} in int8 close to its fp32 graph`, async () => {
    const config = configOf(family);
    const parameters = counterParameters(encoderParameters(config));
    const { graph, observed } = observationGraph(config, parameters);
    const recorder = rangeRecorder(observed);
    for (const text of texts) {
      const results = await run(graph, padBatch([{ ids: text }], config.padId));
      for (const { output } of observed) recorder.record(output, floats(results[output]));
    }
    const ranges: ActivationRanges = recorder.ranges();
    const batch = padBatch(
      texts.map((ids) => ({ ids })),
      config.padId,
      12,
    );
    const exact = floats((await run(evaluationGraph(config, parameters), batch)).hidden_state);
    const served = floats((await run(servingGraph(config, parameters, ranges, [0, 2]), batch))[hiddenOutput(2)]);
    for (const [row, text] of texts.entries()) {
      for (let token = 0; token < text.length; token++) {
        const at = (row * batch.tokens + token) * config.hidden;
        assert.ok(cosine(exact.subarray(at, at + config.hidden), served.subarray(at, at + config.hidden)) > 0.99);
      }
    }
  });
}

test('keeps weights within the range whose products cannot saturate, and no fp32 copy of a matrix', () => {
  const config = configOf('bert');
  const parameters = counterParameters(encoderParameters(config));
  const { observed } = observationGraph(config, parameters);
  const recorder = rangeRecorder(observed);
  for (const { output, width } of observed)
    recorder.record(
      output,
      Float32Array.from({ length: 2 * width }, (_, i) => Math.sin(i)),
    );
  const { constants } = servingGraph(config, parameters, recorder.ranges(), [2]);
  for (const { value, data } of constants.filter(({ value }) => value.shape.length === 2 && value.name.endsWith('.weight'))) {
    assert.ok(data instanceof Int8Array, value.name);
    assert.ok(
      data.every((x) => Math.abs(x) <= WEIGHT_LIMIT),
      value.name,
    );
  }
  assert.ok(2 * 255 * WEIGHT_LIMIT < 2 ** 15);
});

function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (const [i, x] of a.entries()) {
    const y = b[i] ?? 0;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}
