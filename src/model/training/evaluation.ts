import * as ort from 'onnxruntime-node';
import type { Parameters } from '../checkpoint/parameters.ts';
import { encodeOnnx } from '../graph/onnx-file.ts';
import { softmax } from '../heads/head.ts';
import { type Metrics, measureProbabilities } from '../heads/metrics.ts';
import { cutBatches, padBatch } from '../serving/batches.ts';
import { createSession, pooledFeeds } from '../serving/onnxruntime-session.ts';
import type { Example } from './examples.ts';
import { forwardGraph, type TrainingSpec, tensorNames } from './training-graph.ts';

const BATCH_TOKENS = 2048;

/** Logits of every example by head, in the examples' order. */
export type Logits = ReadonlyMap<string, readonly Float32Array[]>;

/** The model as it is trained, in fp32 and without dropout, asked for its logits. */
export class Evaluator {
  readonly #spec: TrainingSpec;
  readonly #session: ort.InferenceSession;

  private constructor(spec: TrainingSpec, session: ort.InferenceSession) {
    this.#spec = spec;
    this.#session = session;
  }

  static async open(spec: TrainingSpec, threads: number): Promise<Evaluator> {
    return new Evaluator(spec, await createSession(encodeOnnx(forwardGraph(spec)), threads));
  }

  async logits(examples: readonly Example[], parameters: Parameters): Promise<Logits> {
    const { config, heads } = this.#spec;
    const weights = Object.fromEntries(
      [...parameters].map(([name, { shape, data }]) => [name, new ort.Tensor('float32', data, shape)]),
    );
    const logits = new Map(heads.map(({ name }) => [name, new Array<Float32Array>(examples.length)]));
    for (const indices of cutBatches(
      examples.map(({ ids }) => ids.length),
      BATCH_TOKENS,
    )) {
      const batch = padBatch(
        indices.map((index) => examples[index] ?? { ids: [] }),
        config.padId,
      );
      const results = await this.#session.run({ ...weights, ...pooledFeeds(batch) });
      for (const { name, classes } of heads) {
        const data = results[tensorNames.logits(name)]?.data as Float32Array; // the graph has no other type
        const of = logits.get(name) ?? [];
        for (const [row, index] of indices.entries()) of[index] = data.slice(row * classes, (row + 1) * classes);
      }
    }
    return logits;
  }

  close(): Promise<void> {
    return this.#session.release();
  }
}

/** How well logits fit the labels of a head; examples without a label of it are left out. `names` are those of its classes. */
export function measureLogits(
  logits: readonly Float32Array[],
  labels: readonly (number | undefined)[],
  names: readonly string[],
): Metrics {
  const rows = labels.flatMap((label, i) => (label === undefined ? [] : [{ label, logits: logits[i] ?? new Float32Array() }]));
  return measureProbabilities(
    rows.map((row) => [...softmax(Float64Array.from(row.logits), 1)]),
    rows.map(({ label }) => label),
    names,
  );
}
