import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { BarographError } from '../domain/errors.ts';
import { readDocument } from './document.ts';
import { ConfigError, checkDocument } from './load.ts';
import { boolean, integer, positiveNumber, share, text } from './scalars.ts';

const path = (description: string) => text('a path', /^.+$/, description);
const column = (description: string) => text('the name of a column', /^.+$/, description);

const dataSchema = z.strictObject({
  file: path('CSV or NDJSON, .gz too, relative to this file.'),
  task: z.enum(['sentiment', 'topic']).meta({ description: 'What the labels say.' }),
  text: column('Column, or field, with the text.').prefault('text'),
  label: column('Column, or field, with the label.').prefault('label'),
  entity: column(
    'Column, or field, with the company that a sentiment label is about; where it is blank, the whole text.',
  ).optional(),
  labels: z
    .array(text('a label', /^.+$/, 'A label.'))
    .min(2)
    .meta({ description: 'What the numbers 0, 1, 2, … mean, where the file has numbers.' })
    .optional(),
});

const methodSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('full') }).meta({ description: 'Everything is trained.' }),
  z.strictObject({ kind: z.literal('frozen-embeddings') }).meta({ description: 'Everything but the embeddings.' }),
  z
    .strictObject({ kind: z.literal('top-layers'), layers: integer(1, 48, 'How many layers, from the top.') })
    .meta({ description: 'The heads and the last layers.' }),
  z.strictObject({ kind: z.literal('heads') }).meta({ description: 'The heads only: fastest.' }),
  z.strictObject({ kind: z.literal('biases') }).meta({ description: 'Biases and heads (BitFit).' }),
  z
    .strictObject({
      kind: z.literal('lora'),
      rank: integer(1, 512, 'Rank of the adapters.').prefault(8),
      alpha: positiveNumber(10_000, 'The adapters are scaled by alpha / rank.').prefault(16),
      dropout: share("Dropout of the adapters' inputs.").prefault(0),
      targets: z
        .array(z.enum(['query', 'key', 'value', 'output', 'up', 'down']))
        .min(1)
        .meta({ description: 'Linear layers of each layer that are adapted.' })
        .prefault(['query', 'value']),
    })
    .meta({ description: 'Low-rank adapters, merged into the weights afterwards.' }),
]);

const rate = () => positiveNumber(10, 'Highest learning rate.');
const decay = () => share('Weight decay; biases and norms have none.').prefault(0.01);

const optimizerSchema = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('adamw'),
      learning_rate: rate().prefault(5e-5),
      weight_decay: decay(),
      beta1: share('Decay of the mean of gradients.').prefault(0.9),
      beta2: share('Decay of the mean of their squares.').prefault(0.999),
      epsilon: positiveNumber(1, 'Added to the root of the squares.').prefault(1e-8),
    })
    .meta({ description: 'AdamW.' })
    .transform(({ learning_rate, weight_decay, ...rest }) => ({
      rate: learning_rate,
      optimiser: { ...rest, weightDecay: weight_decay },
    })),
  z
    .strictObject({
      kind: z.literal('sgd'),
      learning_rate: rate().prefault(0.01),
      weight_decay: decay(),
      momentum: share('Share of the last step that is kept.').prefault(0.9),
    })
    .meta({ description: 'Stochastic gradient descent with momentum.' })
    .transform(({ learning_rate, weight_decay, ...rest }) => ({
      rate: learning_rate,
      optimiser: { ...rest, weightDecay: weight_decay },
    })),
]);

const dropout = (description: string) => share(description).prefault(0.1);

/** `train.yaml`. Its output is what fine-tuning takes, with paths as they stand in the file. */
export const trainingSchema = z
  .strictObject({
    start: text('a checkpoint', /^.+$/, 'Folder of a checkpoint.'),
    output: path('Folder of the results. A run that was killed goes on from here.').prefault('./training'),
    name: text('a name of small letters, digits and hyphens', /^[a-z0-9][a-z0-9._-]{0,63}$/, 'Name of the bundle.').prefault(
      'trained',
    ),
    seed: integer(0, 2 ** 31 - 1, 'Decides every random choice.').prefault(1),
    threads: integer(1, 256, 'Threads of ONNX Runtime. Default: one a core. Other numbers give other last bits.').optional(),
    data: z.array(dataSchema).min(1).max(100).meta({ description: 'Labelled files.' }),
    split: z
      .strictObject({
        file: path('CSV with file, row and part (train, validation, test), as `barograph data split` writes it.').optional(),
        validation: share('Share of the texts that choose the best step, when there is no file.').prefault(0.1),
        test: share('Share of the texts that measure the result, when there is no file.').prefault(0.1),
      })
      .meta({ description: 'How texts are parted. Without a file: by near-duplicate group, stratified by label.' })
      .prefault({}),
    topics: z
      .array(text('a label', /^.+$/, 'A topic.'))
      .min(2)
      .meta({ description: 'Topics in the order of the head. Default: those of the data, by name.' })
      .optional(),
    contradictions: z
      .enum(['refuse', 'drop', 'keep'])
      .meta({ description: 'What is done with equal texts that have different labels.' })
      .prefault('refuse'),
    max_tokens: integer(8, 512, 'A longer text loses its end.').prefault(128),
    method: methodSchema.meta({ description: 'What is trained.' }).prefault({ kind: 'full' }),
    optimizer: optimizerSchema.meta({ description: 'How.' }).prefault({ kind: 'adamw' }),
    schedule: z
      .strictObject({
        kind: z.enum(['linear', 'cosine', 'constant']).meta({ description: 'How the rate falls.' }).prefault('linear'),
        warmup: share('Share of all steps in which the rate rises.').prefault(0.06),
      })
      .meta({ description: 'The learning rate over the run.' })
      .prefault({}),
    layer_decay: positiveNumber(1, 'Each layer learns this many times as fast as the one above it.').prefault(1),
    max_grad_norm: positiveNumber(1e9, 'Gradients are scaled down to this norm.').prefault(1),
    dropout: z
      .strictObject({
        hidden: dropout('Of hidden states.'),
        attention: dropout('Of attention weights.'),
        classifier: dropout('Of what the heads read.'),
      })
      .meta({ description: 'Shares that are dropped while training.' })
      .prefault({}),
    label_smoothing: share("Share of a label's weight that is spread over all classes.").prefault(0),
    class_weights: z
      .enum(['none', 'balanced'])
      .meta({ description: 'Whether rare classes weigh more, by rows / (classes × rows of the class).' })
      .prefault('none'),
    epochs: integer(1, 1000, 'Times that all texts are seen, at most.').prefault(3),
    batch_size: integer(1, 4096, 'Texts of a batch, at most.').prefault(32),
    batch_tokens: integer(16, 1_000_000, 'Padded tokens of a batch, at most.').prefault(4096),
    accumulation: integer(1, 1024, 'Batches whose gradients make one step.').prefault(1),
    validation: z
      .strictObject({
        every: positiveNumber(1000, 'Epochs between two validations, each of which also writes a checkpoint.').prefault(0.5),
        patience: integer(1, 1000, 'Validations without a better one after which the run ends.').prefault(4),
        metric: z
          .enum(['macro_f1', 'accuracy', 'loss'])
          .meta({ description: 'What is to become better: mean over topics, sentiment, and sentiment towards entities.' })
          .prefault('macro_f1'),
      })
      .meta({ description: 'Measuring on the way.' })
      .prefault({}),
    int8: boolean('Whether the bundle is served in int8; else in fp32.').prefault(true),
  })
  .transform(({ max_tokens, layer_decay, max_grad_norm, label_smoothing, class_weights, batch_size, batch_tokens, ...rest }) => ({
    ...rest,
    maxTokens: max_tokens,
    layerDecay: layer_decay,
    maxNorm: max_grad_norm,
    smoothing: label_smoothing,
    classWeights: class_weights,
    batches: { maxRows: batch_size, maxTokens: batch_tokens },
  }));

export type TrainingConfig = z.output<typeof trainingSchema>;

/** A key with its sections, as `optimizer.learning_rate`, and a value in YAML. */
export type Setting = readonly [key: string, value: string];

/**
 * Reads `train.yaml`, or nothing, and lays settings over it. Paths become absolute: those of the file are relative to it, those of
 * settings to the present folder; `start` stays as it is where no such folder exists. Rejects with E_CONFIG_MISSING, or with a
 * `ConfigError` that lists all faults.
 */
export async function loadTraining(
  file: string | undefined,
  settings: readonly Setting[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<TrainingConfig> {
  const document = readDocument(file === undefined ? '' : await readText(file), env);
  const folder = file === undefined ? '.' : dirname(file);
  let value = withAbsolutePaths(merged({ output: './training' }, document.value), folder);
  for (const [key, text] of settings) value = merged(value, withAbsolutePaths(nested(key.split('.'), parse(text)), '.'));
  const name = file ?? 'the command line';
  const checked = checkDocument(trainingSchema, { ...document, value: withOptimizerKind(value) }, name);
  if (checked.value === undefined) throw new ConfigError(name, checked.faults);
  return checked.value;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new BarographError('E_CONFIG_MISSING', `The configuration ${file} cannot be read.`, { cause, facts: { file } });
  }
}

type Mapping = Readonly<Record<string, unknown>>;

const isMapping = (value: unknown): value is Mapping => typeof value === 'object' && value !== null && !Array.isArray(value);

/** An optimizer of no kind is AdamW, so that a rate can be set alone. */
function withOptimizerKind(value: unknown): unknown {
  if (!isMapping(value) || !isMapping(value.optimizer) || 'kind' in value.optimizer) return value;
  return { ...value, optimizer: { kind: 'adamw', ...value.optimizer } };
}

const nested = (keys: readonly string[], value: unknown): unknown => keys.reduceRight((inner, key) => ({ [key]: inner }), value);

/** Mappings are merged, anything else is replaced. */
function merged(below: unknown, above: unknown): unknown {
  if (!isMapping(below) || !isMapping(above)) return above;
  // Another kind has other keys: what was said of the one before does not hold for it.
  if (above.kind !== undefined && above.kind !== below.kind) return above;
  const keys = new Set([...Object.keys(below), ...Object.keys(above)]);
  return Object.fromEntries([...keys].map((key) => [key, key in above ? merged(below[key], above[key]) : below[key]]));
}

function withAbsolutePaths(value: unknown, folder: string): unknown {
  if (!isMapping(value)) return value;
  const absolute = (path: unknown): unknown => (typeof path === 'string' && path !== '' ? resolve(folder, path) : path);
  const withFile = (part: unknown): unknown =>
    isMapping(part) && 'file' in part ? { ...part, file: absolute(part.file) } : part;
  const changed: Record<string, unknown> = { ...value };
  if (typeof value.start === 'string' && existsSync(resolve(folder, value.start))) changed.start = absolute(value.start);
  if ('output' in value) changed.output = absolute(value.output);
  if ('split' in value) changed.split = withFile(value.split);
  if (Array.isArray(value.data)) changed.data = value.data.map(withFile);
  return changed;
}
