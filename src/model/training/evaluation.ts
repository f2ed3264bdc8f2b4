import * as ort from 'onnxruntime-node';
import type { Parameters } from '../checkpoint/parameters.ts';
import { encodeOnnx } from '../graph/onnx-file.ts';
import { softmax } from '../heads/head.ts';
import { type Metrics, measureProbabilities } from '../heads/metrics.ts';
import { cutBatches } from '../serving/batches.ts';
import { createSession, encoderFeeds } from '../serving/onnxruntime-session.ts';
import type { Example } from './examples.ts';
import { logitsOutput } from './head-objective.ts';
import { forwardGraph, type TrainingSpec } from './training-graph.ts';
import { objectiveFeeds } from './training-session.ts';

const BATCH_TOKENS = 2048;

/** Logits of every example by head, in the examples' order. */
export type Logits = ReadonlyMap<string, readonly Float32Array[]>;

/** The model as it is trained, in fp32 and without dropout, asked for its objective's outputs. */
export class Evaluator {
  readonly #spec: TrainingSpec;
  readonly #session: ort.InferenceSession;

  private constructor(spec: TrainingSpec, session: ort.InferenceSession) {
    this.#spec = spec;
    this.#session = session;
  }

  static async open(spec: TrainingSpec, threads: number): Promise<Evaluator> {
    return new Evaluator(spec, await createSession(encodeOnnx(forwardGraph(spec)), threads, { isRarelyUsed: true }));
  }

  /** The logits of some heads, (classes) each, in the examples' order. */
  async logits(examples: readonly Example[], parameters: Parameters, heads: readonly string[]): Promise<Logits> {
    const logits = new Map(heads.map((name) => [name, new Array<Float32Array>(examples.length)]));
    for await (const { indices, outputs } of this.run(examples, parameters)) {
      for (const [name, of] of logits) {
        const data = outputs.get(logitsOutput(name)) ?? new Float32Array();
        const classes = data.length / indices.length;
        for (const [row, index] of indices.entries()) of[index] = data.slice(row * classes, (row + 1) * classes);
      }
    }
    return logits;
  }

  /** The objective's outputs, batch by batch; `indices` say which examples stand in one. */
  async *run(
    examples: readonly Example[],
    parameters: Parameters,
  ): AsyncGenerator<{ readonly indices: readonly number[]; readonly outputs: ReadonlyMap<string, Float32Array> }> {
    const { config, objective } = this.#spec;
    const weights = Object.fromEntries(
      [...parameters].map(([name, { shape, data }]) => [name, new ort.Tensor('float32', data, shape)]),
    );
    const lengths = examples.map(({ ids }) => ids.length);
    for (const [draw, indices] of cutBatches(lengths, BATCH_TOKENS).entries()) {
      const rows = indices.map((index) => examples[index] ?? { ids: [], labels: {} });
      const [asked] = objective.batches([rows], config, draw);
      if (asked === undefined) throw new Error('one batch was asked for');
      const wanted = objectiveFeeds(asked.inputs);
      const known = Object.fromEntries(this.#session.inputNames.flatMap((name) => (wanted[name] ? [[name, wanted[name]]] : [])));
      const results = await this.#session.run({ ...weights, ...encoderFeeds(asked.batch), ...known });
      const outputs = new Map(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array])); // the graph has no other type
      yield { indices, outputs };
    }
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
