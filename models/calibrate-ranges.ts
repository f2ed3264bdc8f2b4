import type { EncoderConfig } from '../src/model/checkpoint/encoder-config.ts';
import type { Parameters } from '../src/model/checkpoint/parameters.ts';
import { type ActivationRanges, observationGraph, rangeRecorder } from '../src/model/encoder/activation-ranges.ts';
import { encodeOnnx } from '../src/model/graph/onnx-file.ts';
import { padBatch, type Tokens } from '../src/model/serving/batches.ts';
import { createSession, encoderFeeds } from '../src/model/serving/onnxruntime-session.ts';

/** Runs the fp32 encoder over sample texts, one at a time, and returns what every linear layer's input was seen to range over. */
export async function calibrateRanges(
  config: EncoderConfig,
  parameters: Parameters,
  texts: readonly Tokens[],
): Promise<ActivationRanges> {
  const { graph, observed } = observationGraph(config, parameters);
  const session = await createSession(encodeOnnx(graph), 0);
  const recorder = rangeRecorder(observed);
  for (const text of texts) {
    const results = await session.run(encoderFeeds(padBatch([text], config.padId)));
    for (const { output } of observed) {
      const data = results[output]?.data;
      if (!(data instanceof Float32Array)) throw new Error(`no floats as ${output}`);
      recorder.record(output, data);
    }
  }
  await session.release();
  return recorder.ranges();
}
