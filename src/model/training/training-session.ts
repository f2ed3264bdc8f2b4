import * as ort from 'onnxruntime-node';
import { BarographError } from '../../domain/errors.ts';
import type { Parameters } from '../checkpoint/parameters.ts';
import type { Tensor } from '../checkpoint/safetensors.ts';
import type { Graph } from '../graph/graph.ts';
import { encodeOnnx } from '../graph/onnx-file.ts';
import type { EncodedBatch } from '../serving/port.ts';
import { scalarsOf, slotsOf } from './optimisers.ts';
import { isSparse, type TrainingSpec, tensorNames, trainedOf, trainingGraph } from './training-graph.ts';

import { putRows, takeRows, wordRows } from './word-rows.ts';

export interface StepResult {
  readonly loss: number;
  /** Of all gradients, before clipping. */
  readonly norm: number;
  /** (batch, classes) by head, before the step. */
  readonly logits: ReadonlyMap<string, Float32Array>;
}

/**
 * A model in training on ONNX Runtime's CPU provider. What is trained has two places, read and written in turn, so that nothing
 * is copied between steps. Blocks its thread while it runs. Throws E_MODEL_FAILED when the runtime fails.
 */
export class TrainingSession {
  readonly #spec: TrainingSpec;
  #session: ort.InferenceSession;
  readonly #threads: number;
  /** Parameters and optimiser state by their names in the graph: what the next step reads. */
  readonly #state: Map<string, ort.TypedTensor<'float32'>>;
  /** What it writes: a place for every trained tensor. */
  readonly #spare: Map<string, ort.TypedTensor<'float32'>>;
  /** Tables of which a step reads and writes some rows only. */
  readonly #sparse: string[] = [];
  #step = 0;

  private constructor(spec: TrainingSpec, session: ort.InferenceSession, parameters: Parameters, threads: number) {
    this.#spec = spec;
    this.#session = session;
    this.#threads = threads;
    const floats = (shape: readonly number[], data?: Float32Array): ort.TypedTensor<'float32'> =>
      new ort.Tensor('float32', data ?? new Float32Array(shape.reduce((product, size) => product * size, 1)), shape);
    this.#state = new Map();
    this.#spare = new Map();
    for (const { name, shape } of spec.parameters) {
      const data = parameters.get(name)?.data;
      if (data === undefined) throw new Error(`there is no parameter ${name} to begin with`);
      this.#state.set(name, floats(shape, Float32Array.from(data)));
    }
    for (const { name, shape } of trainedOf(spec)) {
      const slots = slotsOf(spec.optimiser).map((slot) => tensorNames.slot(slot, name));
      for (const slot of slots) this.#state.set(slot, floats(shape));
      if (isSparse(spec, name)) this.#sparse.push(name, ...slots);
      else for (const tensor of [name, ...slots]) this.#spare.set(tensor, floats(shape));
    }
  }

  static async open(spec: TrainingSpec, parameters: Parameters, threads: number): Promise<TrainingSession> {
    return new TrainingSession(spec, await openGraph(trainingGraph(spec), threads), parameters, threads);
  }

  /** One step on one batch; `targets` (batch, classes) by head, as `targetsOf` makes them. */
  async step(batch: EncodedBatch, targets: ReadonlyMap<string, Float32Array>, rate: number): Promise<StepResult> {
    this.#step += 1;
    const { words, rows } = wordRows(batch.ids);
    const feeds = this.#feeds(batch, targets, rate);
    const width = this.#spec.config.hidden;
    if (this.#sparse.length > 0) feeds.word_rows = new ort.Tensor('int64', rows, [batch.batch, batch.tokens]);
    for (const name of this.#sparse)
      feeds[name] = new ort.Tensor('float32', takeRows(floatsOf(this.#state.get(name)), words, width), [words.length, width]);
    const results = await run(this.#session, feeds, this.#fetches());
    for (const name of this.#sparse)
      putRows(floatsOf(this.#state.get(name)), words, width, floatsOf(results[tensorNames.next(name)]));
    for (const [name, written] of this.#spare) {
      const read = this.#state.get(name);
      if (read === undefined) throw new Error(`${name} has one place only`);
      this.#state.set(name, written);
      this.#spare.set(name, read);
    }
    return {
      loss: Number(results.loss?.data[0]),
      norm: Number(results.norm?.data[0]),
      logits: new Map(this.#spec.heads.map(({ name }) => [name, floatsOf(results[tensorNames.logits(name)])])),
    };
  }

  /** The parameters as they are now. They change with the second step from here: copy what must stay. */
  get parameters(): Parameters {
    return new Map(this.#spec.parameters.map(({ name, shape }) => [name, { shape, data: floatsOf(this.#state.get(name)) }]));
  }

  /** Steps so far. */
  get steps(): number {
    return this.#step;
  }

  /** Parameters and optimiser state by their names in the graph. They change with the second step from here. */
  get state(): ReadonlyMap<string, Tensor> {
    return new Map([...this.#state].map(([name, tensor]) => [name, { shape: tensor.dims, data: floatsOf(tensor) }]));
  }

  /** Takes up a state and a number of steps as `state` and `steps` gave them. */
  restore(state: ReadonlyMap<string, Tensor>, steps: number): void {
    for (const [name, tensor] of this.#state) {
      const saved = state.get(name)?.data;
      if (saved?.length !== tensor.size)
        throw new BarographError('E_CHECKPOINT_INVALID', `The state to resume from has no ${name} of this model.`);
      tensor.data.set(saved);
    }
    this.#step = steps;
  }

  /** Begins the draws of dropout anew, from a seed: ONNX Runtime ties them to a session. */
  async reseed(seed: number): Promise<void> {
    const { dropout, lora } = this.#spec;
    if (dropout.hidden + dropout.attention + dropout.classifier + (lora?.dropout ?? 0) === 0) return;
    await this.#session.release();
    this.#session = await openGraph(trainingGraph({ ...this.#spec, seed }), this.#threads);
  }

  close(): Promise<void> {
    return this.#session.release();
  }

  #feeds(batch: EncodedBatch, targets: ReadonlyMap<string, Float32Array>, rate: number): Record<string, ort.Tensor> {
    const feeds: Record<string, ort.Tensor> = { ...encoderFeeds(batch), ...Object.fromEntries(this.#state) };
    for (const [name, value] of Object.entries(scalarsOf(this.#spec.optimiser, rate, this.#step)))
      feeds[name] = new ort.Tensor('float32', Float32Array.of(value), []);
    for (const { name, classes } of this.#spec.heads)
      feeds[tensorNames.targets(name)] = new ort.Tensor('float32', targets.get(name) ?? new Float32Array(), [
        batch.batch,
        classes,
      ]);
    return feeds;
  }

  #fetches(): Record<string, ort.Tensor | null> {
    const fetches: Record<string, ort.Tensor | null> = { loss: null, norm: null };
    for (const { name } of this.#spec.heads) fetches[tensorNames.logits(name)] = null;
    for (const name of this.#sparse) fetches[tensorNames.next(name)] = null;
    for (const [name, place] of this.#spare) fetches[tensorNames.next(name)] = place;
    return fetches;
  }
}

/** The encoder's inputs for a batch. */
export function encoderFeeds({ batch, tokens, ids, mask, types }: EncodedBatch): Record<string, ort.Tensor> {
  const tensor = (data: BigInt64Array): ort.Tensor => new ort.Tensor('int64', data, [batch, tokens]);
  return { input_ids: tensor(ids), attention_mask: tensor(mask), token_type_ids: tensor(types) };
}

function openGraph(graph: Graph, threads: number): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(encodeOnnx(graph), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
}

async function run(
  session: ort.InferenceSession,
  feeds: Record<string, ort.Tensor>,
  fetches: Record<string, ort.Tensor | null>,
): Promise<ort.InferenceSession.OnnxValueMapType> {
  try {
    return await session.run(feeds, fetches);
  } catch (cause) {
    throw new BarographError('E_MODEL_FAILED', 'ONNX Runtime failed on a training step', { cause });
  }
}

function floatsOf(tensor: ort.Tensor | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array)) throw new Error('the graph gave no floats');
  return tensor.data;
}
