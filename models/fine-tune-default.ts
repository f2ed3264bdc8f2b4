import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { EncoderConfig } from '../src/model/checkpoint/encoder-config.ts';
import { encoderParameters, loadParameters, type Parameters, parameter } from '../src/model/checkpoint/parameters.ts';
import { openSafetensors } from '../src/model/checkpoint/safetensors.ts';
import { encodeSafetensors } from '../src/model/checkpoint/write-safetensors.ts';
import type { Head } from '../src/model/heads/head.ts';
import type { TextEncoder } from '../src/model/serving/text-encoder.ts';
import { Evaluator, type Logits, measureLogits } from '../src/model/training/evaluation.ts';
import type { Example } from '../src/model/training/examples.ts';
import { headParameters } from '../src/model/training/heads.ts';
import { ADAMW } from '../src/model/training/optimisers.ts';
import { type TrainingOptions, train } from '../src/model/training/trainer.ts';
import type { TrainingSpec } from '../src/model/training/training-graph.ts';
import { type LabelledText, type Part, SENTIMENTS, TOPICS } from '../src/model/training-data/labelled-texts.ts';

const HEADS = [
  { name: 'sentiment', classes: SENTIMENTS.length },
  { name: 'topic', classes: TOPICS.length },
];
const SEED = 1;
const EPOCHS = 3;
/** Twice an epoch, so that the epoch after the best one is not waited for. */
const VALIDATE_EVERY = 426;
/** Fixed, because the last bits of a sum depend on it. */
const THREADS = 2;

export interface FineTuned {
  readonly encoder: Parameters;
  readonly heads: { readonly sentiment: Head; readonly topic: Head };
  /** Where the best model was found, and the sum of its macro-F1 on the validation part in fp32. */
  readonly best: { readonly step: number; readonly value: number };
}

/** A labelled text as an example of its head. */
interface Labelled extends Example {
  readonly part: Part;
}

/**
 * Fine-tunes the whole encoder with a sentiment and a topic head on the mean of its last layer, on the training part; keeps the
 * model with the highest sum of the heads' macro-F1 on the validation part. A run that was killed goes on from `folder`.
 */
export async function fineTune(
  config: EncoderConfig,
  start: Parameters,
  data: { readonly topic: readonly LabelledText[]; readonly sentiment: readonly LabelledText[] },
  encode: TextEncoder,
  folder: string,
  log: (line: string) => void,
): Promise<FineTuned> {
  const parameters = [...encoderParameters(config), ...headParameters(config, HEADS)];
  const spec: TrainingSpec = {
    ...{ config, heads: HEADS, parameters, optimiser: ADAMW, maxNorm: 1, seed: SEED, sparseWords: true },
    ...{ dropout: { hidden: 0.1, attention: 0.1, classifier: 0.1 }, isTrained: () => true, rateScale: () => 1 },
  };
  const examples = [...labelled(data.sentiment, 'sentiment', encode), ...labelled(data.topic, 'topic', encode)];
  const validation = examples.filter(({ part }) => part === 'validation');
  const evaluator = await Evaluator.open(spec, THREADS);
  const bestFile = `${folder}-best.safetensors`;
  let rows = 0;
  let since = performance.now();
  const options: TrainingOptions = {
    ...{ spec, folder, epochs: EPOCHS, batches: { maxRows: 32, maxTokens: 4096 }, accumulate: 1, smoothing: 0, classWeights: {} },
    examples: examples.filter(({ part }) => part === 'train'),
    schedule: { kind: 'linear', rate: 8e-5, warmUp: 0.06 },
    ...{ threads: THREADS, validateEvery: VALIDATE_EVERY, patience: Number.POSITIVE_INFINITY },
    validate: async (current, step) => {
      const logits = await evaluator.logits(validation, current);
      const sentiment = macroF1(logits, validation, 'sentiment', SENTIMENTS);
      const topic = macroF1(logits, validation, 'topic', TOPICS);
      log(`step ${step}: validation macro-F1 of sentiment ${sentiment}, of topics ${topic}`);
      return sentiment + topic;
    },
    onBest: (current) => writeFileSync(bestFile, encodeSafetensors(current)),
    onStep: ({ step, steps, loss, rows: more }) => {
      rows += more;
      if (step % 100 !== 0) return;
      const seconds = (performance.now() - since) / 1000;
      log(`step ${step} of ${steps}: loss ${loss.toFixed(3)}, ${Math.round(rows / seconds)} texts/s`);
      rows = 0;
      since = performance.now();
    },
  };
  mkdirSync(dirname(folder), { recursive: true });
  const { best } = await train(options, new Map([...start, ...initialHeads(config)]));
  await evaluator.close();
  if (best === null) throw new Error('no model was validated');
  const file = openSafetensors(bestFile);
  const tuned = loadParameters(file, parameters);
  file.close();
  return {
    encoder: new Map([...tuned].filter(([name]) => !name.startsWith('heads.'))),
    heads: { sentiment: headOf(tuned, 'sentiment'), topic: headOf(tuned, 'topic') },
    best,
  };
}

function labelled(texts: readonly LabelledText[], head: string, encode: TextEncoder): Labelled[] {
  return texts.map(({ text, label, part }) => ({ ...encode(text), labels: { [head]: label }, part }));
}

function macroF1(logits: Logits, of: readonly Labelled[], head: string, names: readonly string[]): number {
  const labels = of.map((each) => each.labels[head]);
  return measureLogits(logits.get(head) ?? [], labels, names).macroF1;
}

/** Weights uniform in ±1/√hidden as PyTorch's Linear has them, biases 0. */
function initialHeads(config: EncoderConfig): Parameters {
  const generator = xoroshiro128plus(SEED);
  const bound = 1 / Math.sqrt(config.hidden);
  return new Map(
    headParameters(config, HEADS).map(({ name, shape }) => {
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
      if (name.endsWith('.weight'))
        for (let i = 0; i < data.length; i += 1) data[i] = (2 * uniformFloat64(generator) - 1) * bound;
      return [name, { shape, data }];
    }),
  );
}

function headOf(parameters: Parameters, name: string): Head {
  const weight = parameter(parameters, `heads.${name}.weight`);
  const [classes = 0, features = 0] = weight.shape;
  return { classes, features, weight: weight.data, bias: parameter(parameters, `heads.${name}.bias`).data };
}
