import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import type { Parameters } from '../checkpoint/parameters.ts';
import { encodeOnnx } from '../graph/onnx-file.ts';
import { padBatch, type Tokens } from '../serving/batches.ts';
import { createSession, encoderFeeds } from '../serving/onnxruntime-session.ts';
import { type ActivationRanges, observationGraph, rangeRecorder } from './activation-ranges.ts';

/** Fixed, so that other machines take the same sums. */
const THREADS = 2;

/** Runs the fp32 encoder over sample texts, one at a time, and returns what every linear layer's input was seen to range over. */
export async function measureRanges(
  config: EncoderConfig,
  parameters: Parameters,
  texts: readonly Tokens[],
): Promise<ActivationRanges> {
  const { graph, observed } = observationGraph(config, parameters);
  const session = await createSession(encodeOnnx(graph), THREADS);
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
