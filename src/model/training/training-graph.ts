import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import type { Parameter } from '../checkpoint/parameters.ts';
import { buildEncoder, encoderInputs } from '../encoder/encoder.ts';
import { differentiate } from '../gradients/differentiate.ts';
import { createGraph, type Dim, type Graph, type GraphBuilder, type Value } from '../graph/graph.ts';
import { add, div, like, minimum, mul, reduceSum, sqrt } from '../graph/ops.ts';
import { type LoraSettings, loraLayers } from './lora.ts';
import type { EncodedTexts, Objective } from './objective.ts';
import { type OptimiserSettings, slotsOf, update } from './optimisers.ts';
import { type Adapters, type DropoutRates, dropIn, trainingParts } from './training-parts.ts';

export interface TrainingSpec {
  readonly config: EncoderConfig;
  readonly objective: Objective;
  /** All parameters, the encoder's and the objective's, in the order of the table. */
  readonly parameters: readonly Parameter[];
  /** Whether a parameter is trained; the others are neither differentiated nor given optimiser state. */
  readonly isTrained: (name: string) => boolean;
  /** What the rate of a parameter is multiplied with. */
  readonly rateScale: (name: string) => number;
  readonly optimiser: OptimiserSettings;
  /** Gradients are scaled down to this global norm; `Infinity` leaves them alone. */
  readonly maxNorm: number;
  readonly dropout: DropoutRates;
  readonly seed: number;
  /**
   * Of the word embeddings only the rows of a batch's own words take part in its step: their gradient, moments and decay are
   * touched, the others rest (as PyTorch's SparseAdam). A third of a small model lies there.
   */
  readonly sparseWords: boolean;
  /** Whether the encoder has low-rank adapters, with parameters of their own in the table. */
  readonly lora?: LoraSettings;
}

const WORDS = 'embeddings.word_embeddings.weight';

/** Whether a parameter is in the graph with a batch's rows only, (words, hidden); `word_rows` says where each token's is. */
export function isSparse(spec: Pick<TrainingSpec, 'sparseWords' | 'isTrained'>, name: string): boolean {
  return name === WORDS && spec.sparseWords && spec.isTrained(name);
}

function graphShape(spec: TrainingSpec, { name, shape }: Parameter): readonly Dim[] {
  return isSparse(spec, name) ? ['words', ...shape.slice(1)] : shape;
}

/** Names of inputs and outputs that belong to a parameter. */
export const tensorNames = {
  parameter: (name: string) => name,
  gradient: (name: string) => `gradient/${name}`,
  sum: (name: string) => `sum/${name}`,
  slot: (slot: string, name: string) => `${slot}/${name}`,
  next: (tensor: string) => `next/${tensor}`,
};

/**
@@, for each trained one its slots, and the optimiser's scalars. Outputs: `loss`, `norm` (of the
 * gradients before clipping), `logits/<head>` (batch, classes), and `next/…` of every trained parameter and slot. A graph that
 * accumulates also has inputs `sum/<parameter>`: the gradients of the batches before, which `gradientGraph` sums up.
 */
export function trainingGraph(spec: TrainingSpec, accumulates = false): Graph {
  const { g, gradients } = differentiated(spec, accumulates);
  const { optimiser, maxNorm } = spec;
  const norm = globalNorm(g, [...gradients.values()]);
  g.output(norm, 'norm');
  const factor = Number.isFinite(maxNorm) ? clipping(g, norm, maxNorm) : undefined;
  const scalars = new Map<string, Value>();
  const scalar = (name: string): Value => {
    const value = scalars.get(name) ?? g.input(name, 'float32', []);
    scalars.set(name, value);
    return value;
  };
  for (const of of trainedOf(spec)) {
    const { name, decay } = of;
    const shape = graphShape(spec, of);
    const raw = gradients.get(name) as Value; // one for each trained parameter
    const slots = slotsOf(optimiser).map((slot) => g.input(tensorNames.slot(slot, name), 'float32', shape));
    const parameter = g.inputs.find((input) => input.name === name) as Value; // declared by `differentiated`
    const gradient = factor === undefined ? raw : mul(g, raw, factor);
    const next = update(g, optimiser, { parameter, gradient, slots, scale: spec.rateScale(name), decay }, scalar);
    g.output(next.parameter, tensorNames.next(name));
    for (const [i, slot] of next.slots.entries()) g.output(slot, tensorNames.next(slots[i]?.name ?? ''));
  }
  return g;
}

/** Forward and backward only: `loss`, `logits/<head>` and `gradient/<parameter>` of every trained one. */
export function gradientGraph(spec: TrainingSpec, accumulates = false): Graph {
  const { g, gradients } = differentiated(spec, accumulates);
  for (const [name, gradient] of gradients) g.output(gradient, tensorNames.gradient(name));
  return g;
}

export function trainedOf({ parameters, isTrained }: Pick<TrainingSpec, 'parameters' | 'isTrained'>): readonly Parameter[] {
  return parameters.filter(({ name }) => isTrained(name));
}

/** Forward only and without dropout: what the objective evaluates, from its inputs, the encoder's and the parameters. */
export function forwardGraph(spec: TrainingSpec): Graph {
  const g = createGraph('forward');
  const { lora, ...rest } = spec;
  const without = { dropout: { hidden: 0, attention: 0, classifier: 0 }, sparseWords: false };
  const { texts } = encodedTexts(g, { ...rest, ...without, ...(lora === undefined ? {} : { lora: { ...lora, dropout: 0 } }) });
  spec.objective.evaluate(g, texts);
  return g;
}

/** Adds inputs, parameters and the encoder to a graph. */
function encodedTexts(
  g: GraphBuilder,
  spec: TrainingSpec,
): { readonly texts: EncodedTexts; readonly values: ReadonlyMap<string, Value> } {
  const { config } = spec;
  const inputs = encoderInputs(g);
  const values = new Map(
    spec.parameters.map((each) => [each.name, g.input(tensorNames.parameter(each.name), 'float32', graphShape(spec, each))]),
  );
  const words = isSparse(spec, WORDS) ? g.input('word_rows', 'int64', inputs.ids.shape) : inputs.ids;
  const parameter = (name: string): Value => requiredValue(values, name);
  const drop = dropIn(g, spec.dropout, spec.seed);
  const parts = trainingParts(g, config, { ...inputs, words }, parameter, drop, adaptersOf(spec));
  const last = buildEncoder(g, config, inputs, parts).at(-1) as Value; // at least the embeddings
  return { texts: { config, inputs, last, parameter, drop }, values };
}

function adaptersOf({ config, lora }: TrainingSpec): Adapters | undefined {
  if (lora === undefined) return undefined;
  return { layers: new Set(loraLayers(config, lora)), scale: lora.alpha / lora.rank, dropout: lora.dropout };
}

function requiredValue(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (value === undefined) throw new Error(`the parameter table has no ${name}`);
  return value;
}

function differentiated(
  spec: TrainingSpec,
  accumulates: boolean,
): { readonly g: GraphBuilder; readonly gradients: ReadonlyMap<string, Value> } {
  const g = createGraph('training');
  const { texts, values } = encodedTexts(g, spec);
  const loss = spec.objective.loss(g, texts);
  g.output(loss, 'loss');
  const trained = trainedOf(spec);
  const gradients = differentiate(
    g,
    loss,
    trained.map(({ name }) => requiredValue(values, name)),
  );
  const sums = trained.map((of, i): [string, Value] => {
    const gradient = gradients[i] as Value; // one for each trained parameter
    if (!accumulates) return [of.name, gradient];
    return [of.name, add(g, gradient, g.input(tensorNames.sum(of.name), 'float32', graphShape(spec, of)))];
  });
  return { g, gradients: new Map(sums) };
}

function globalNorm(g: GraphBuilder, gradients: readonly Value[]): Value {
  const squares = gradients.map((gradient) =>
    reduceSum(
      g,
      mul(g, gradient, gradient),
      gradient.shape.map((_, axis) => axis),
    ),
  );
  return sqrt(
    g,
    squares.reduce((sum, each) => add(g, sum, each)),
  );
}

/** min(1, maxNorm / (norm + 10⁻⁶)), as PyTorch's `clip_grad_norm_` */
function clipping(g: GraphBuilder, norm: Value, maxNorm: number): Value {
  return minimum(g, like(g, norm, 1), div(g, like(g, norm, maxNorm), add(g, norm, like(g, norm, 1e-6))));
}
