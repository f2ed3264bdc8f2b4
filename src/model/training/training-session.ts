import * as ort from 'onnxruntime-node';
import { BarographError } from '../../domain/errors.ts';
import type { Parameters } from '../checkpoint/parameters.ts';
import type { Tensor } from '../checkpoint/safetensors.ts';
import type { Graph } from '../graph/graph.ts';
import { encodeOnnx } from '../graph/onnx-file.ts';
import { createSession, encoderFeeds } from '../serving/onnxruntime-session.ts';
import type { EncodedBatch } from '../serving/port.ts';
import type { BatchInputs, ObjectiveBatch } from './objective.ts';
import { scalarsOf, slotsOf } from './optimisers.ts';
import { gradientGraph, isSparse, type TrainingSpec, tensorNames, trainedOf, trainingGraph } from './training-graph.ts';
import { putRows, takeRows, wordRows } from './word-rows.ts';

export interface StepResult {
  readonly loss: number;
  /** Of all gradients, before clipping. */
  readonly norm: number;
}

/**
 * A model in training on ONNX Runtime's CPU provider. What is trained has two places, read and written in turn, so that nothing
 * is copied between steps. Blocks its thread while it runs. Throws E_MODEL_FAILED when the runtime fails.
 */
export class TrainingSession {
  readonly #spec: TrainingSpec;
  readonly #threads: number;
  /** Opened when they are first needed. */
  readonly #sessions = new Map<GraphKind, ort.InferenceSession>();
  #seed: number;
  /** Parameters and optimiser state by their names in the graph: what the next step reads. */
  readonly #state: Map<string, ort.TypedTensor<'float32'>>;
  /** What it writes: a place for every trained tensor. */
  readonly #spare: Map<string, ort.TypedTensor<'float32'>>;
  /** Tables of which a step reads and writes some rows only. */
  readonly #sparse: string[] = [];
  #step = 0;

  constructor(spec: TrainingSpec, parameters: Parameters, threads: number) {
    this.#spec = spec;
    this.#seed = spec.seed;
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

  /** One step on some batches, whose gradients are summed; means over the step are divided in their inputs. */
  async step(batches: readonly ObjectiveBatch[], rate: number): Promise<StepResult> {
    this.#step += 1;
    const { words, rows } = wordRows(batches.map(({ batch }) => batch.ids));
    const own = this.#ownRows(words);
    const feeds = batches.map((of, i) => ({ ...this.#feeds(of), ...own, ...this.#placesOf(of.batch, rows[i]) }));
    const last = feeds.pop();
    if (last === undefined) throw new Error('a step needs a batch');
    let sums: Feeds = feeds.length > 0 ? this.#zeroSums(words.length) : {};
    let earlier = 0;
    for (const feed of feeds) {
      const results = await run(await this.#graph('gradients'), { ...feed, ...sums }, this.#gradientFetches());
      sums = Object.fromEntries(
        this.#trained.map((name) => [tensorNames.sum(name), results[tensorNames.gradient(name)] as ort.Tensor]),
      );
      earlier += Number(results.loss?.data[0]);
    }
    const session = await this.#graph(feeds.length > 0 ? 'accumulated step' : 'step');
    const results = await run(session, { ...last, ...sums, ...this.#scalars(rate) }, this.#stepFetches());
    for (const name of this.#sparse)
      putRows(floatsOf(this.#state.get(name)), words, this.#spec.config.hidden, floatsOf(results[tensorNames.next(name)]));
    for (const [name, written] of this.#spare) {
      const read = this.#state.get(name);
      if (read === undefined) throw new Error(`${name} has one place only`);
      this.#state.set(name, written);
      this.#spare.set(name, read);
    }
    return { loss: earlier + Number(results.loss?.data[0]), norm: Number(results.norm?.data[0]) };
  }

  /** The parameters as they are now. They change with the second step from here: copy what must stay. */
  get parameters(): Parameters {
    return new Map(this.#spec.parameters.map(({ name, shape }) => [name, { shape, data: floatsOf(this.#state.get(name)) }]));
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
    this.#seed = seed;
    if (dropout.hidden + dropout.attention + dropout.classifier + (lora?.dropout ?? 0) > 0) await this.close();
  }

  /** Frees what the runtime holds; another step would open it again. */
  async close(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) await session.release();
  }

  async #graph(kind: GraphKind): Promise<ort.InferenceSession> {
    const spec = { ...this.#spec, seed: this.#seed };
    const open = this.#sessions.get(kind) ?? (await createSession(encodeOnnx(GRAPHS[kind](spec)), this.#threads));
    this.#sessions.set(kind, open);
    return open;
  }

  #feeds({ batch, inputs }: ObjectiveBatch): Feeds {
    return { ...encoderFeeds(batch), ...objectiveFeeds(inputs), ...Object.fromEntries(this.#state) };
  }

  #scalars(rate: number): Feeds {
    const scalars = Object.entries(scalarsOf(this.#spec.optimiser, rate, this.#step));
    return Object.fromEntries(scalars.map(([name, value]) => [name, new ort.Tensor('float32', Float32Array.of(value), [])]));
  }

  /** The rows that the step's words have in the tables. */
  #ownRows(words: Int32Array): Feeds {
    const { hidden } = this.#spec.config;
    const rowsOf = (name: string): ort.Tensor =>
      new ort.Tensor('float32', takeRows(floatsOf(this.#state.get(name)), words, hidden), [words.length, hidden]);
    return Object.fromEntries(this.#sparse.map((name) => [name, rowsOf(name)]));
  }

  #placesOf({ batch, tokens }: EncodedBatch, rows: BigInt64Array | undefined): Feeds {
    return this.#sparse.length === 0 || rows === undefined ? {} : { word_rows: new ort.Tensor('int64', rows, [batch, tokens]) };
  }

  #zeroSums(words: number): Feeds {
    const { hidden } = this.#spec.config;
    const zeros = (name: string): ort.Tensor => {
      const shape = this.#sparse.includes(name) ? [words, hidden] : (this.#state.get(name)?.dims ?? []);
      return new ort.Tensor('float32', new Float32Array(shape.reduce((product, size) => product * size, 1)), shape);
    };
    return Object.fromEntries(this.#trained.map((name) => [tensorNames.sum(name), zeros(name)]));
  }

  get #trained(): readonly string[] {
    return trainedOf(this.#spec).map(({ name }) => name);
  }

  #gradientFetches(): Fetches {
    return Object.fromEntries(['loss', ...this.#trained.map(tensorNames.gradient)].map((name) => [name, null]));
  }

  #stepFetches(): Fetches {
    const made = ['loss', 'norm', ...this.#sparse.map(tensorNames.next)];
    const places = [...this.#spare].map(([name, place]): [string, ort.Tensor] => [tensorNames.next(name), place]);
    return { ...Object.fromEntries(made.map((name) => [name, null])), ...Object.fromEntries(places) };
  }
}

type Feeds = Readonly<Record<string, ort.Tensor>>;
type Fetches = Readonly<Record<string, ort.Tensor | null>>;

type GraphKind = 'step' | 'accumulated step' | 'gradients';

const GRAPHS: Readonly<Record<GraphKind, (spec: TrainingSpec) => Graph>> = {
  step: (spec) => trainingGraph(spec),
  'accumulated step': (spec) => trainingGraph(spec, true),
  gradients: (spec) => gradientGraph(spec, true),
};

/** An objective's inputs as tensors. */
export function objectiveFeeds(inputs: BatchInputs): Record<string, ort.Tensor> {
  return Object.fromEntries(
    [...inputs].map(([name, { data, shape }]) => [
      name,
      data instanceof Float32Array ? new ort.Tensor('float32', data, shape) : new ort.Tensor('int64', data, shape),
    ]),
  );
}

async function run(
  session: ort.InferenceSession,
  feeds: Feeds,
  fetches: Fetches,
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
