import * as ort from 'onnxruntime-node';
import type { EncoderConfig } from '../src/model/checkpoint/encoder-config.ts';
import type { Parameters } from '../src/model/checkpoint/parameters.ts';
import { type ActivationRanges, observationGraph, rangeRecorder } from '../src/model/encoder/activation-ranges.ts';
import { encodeOnnx } from '../src/model/graph/onnx-file.ts';
import { padBatch, type TokenIds } from '../src/model/serving/batches.ts';

/** Runs the fp32 encoder over sample texts, one at a time, and returns what every linear layer's input was seen to range over. */
export async function calibrateRanges(
  config: EncoderConfig,
  parameters: Parameters,
  texts: readonly TokenIds[],
): Promise<ActivationRanges> {
  const { graph, observed } = observationGraph(config, parameters);
  const session = await ort.InferenceSession.create(encodeOnnx(graph), { logSeverityLevel: 3 });
  const recorder = rangeRecorder(observed);
  for (const text of texts) {
    const batch = padBatch([text], config.padId);
    const tensor = (data: BigInt64Array): ort.Tensor => new ort.Tensor('int64', data, [1, text.length]);
    const feeds = { input_ids: tensor(batch.ids), attention_mask: tensor(batch.mask), token_type_ids: tensor(batch.types) };
    const results = await session.run(feeds);
    for (const { output } of observed) {
      const data = results[output]?.data;
      if (!(data instanceof Float32Array)) throw new Error(`no floats as ${output}`);
      recorder.record(output, data);
    }
  }
  await session.release();
  return recorder.ranges();
}
