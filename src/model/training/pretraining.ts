import { type Checkpoint, openWeights } from '../checkpoint/checkpoint-folder.ts';
import { encoderParameters, loadParameters, type Parameters } from '../checkpoint/parameters.ts';
import { specialTokens } from '../checkpoint/special-tokens.ts';
import type { Tokens } from '../serving/batches.ts';
import type { BatchLimits } from './epoch-batches.ts';
import { Evaluator } from './evaluation.ts';
import type { Example } from './examples.ts';
import { initialMaskedWords, maskedWordObjective, maskedWordParameters, WORD_LOSSES } from './masked-words.ts';
import type { OptimiserSettings } from './optimisers.ts';
import { bestOf, type RunListener, recordedRun } from './recorded-run.ts';
import type { TrainingSpec } from './training-graph.ts';

export interface PretrainingSettings {
  readonly seed: number;
  readonly threads: number;
  readonly optimiser: OptimiserSettings;
  /** The highest. */
  readonly rate: number;
  readonly warmup: number;
  readonly epochs: number;
  readonly batches: BatchLimits;
  readonly accumulation: number;
  readonly dropout: number;
  /** Share of the tokens that are asked for. */
  readonly mask: number;
  /** Epochs between two validations. */
  readonly every: number;
}

export interface Pretrained {
  /** Of the encoder and the language model's head. */
  readonly parameters: Parameters;
  readonly steps: number;
  /** Mean loss of the held-out texts' words, in nats, at the step that is given. */
  readonly best: { readonly step: number; readonly loss: number };
}

/** The language model's head of a checkpoint, when it has one. */
export function readMaskedWords(folder: string, { config }: Checkpoint): Parameters | undefined {
  const file = openWeights(folder);
  try {
    const table = maskedWordParameters(config);
    return table.every(({ name }) => file.names.includes(name)) ? loadParameters(file, table) : undefined;
  } finally {
    file.close();
  }
}

/**
 * Goes on with masked language modelling on texts, and gives the model with the lowest loss on the held-out ones. `head` is the
 * checkpoint's own, else a new one begins. A run that was killed goes on from `folder`. Rejects as `train` does.
 */
export async function pretrain(
  checkpoint: Checkpoint,
  head: Parameters | undefined,
  texts: { readonly training: readonly Tokens[]; readonly heldOut: readonly Tokens[] },
  settings: PretrainingSettings,
  folder: string,
  listener: RunListener = {},
  stop?: AbortSignal,
): Promise<Pretrained> {
  const { config } = checkpoint;
  const { maskId, ids } = specialTokens(checkpoint);
  const parameters = [...encoderParameters(config), ...maskedWordParameters(config)];
  const spec: TrainingSpec = {
    ...{ config, parameters, optimiser: settings.optimiser, maxNorm: 1, seed: settings.seed, sparseWords: false },
    objective: maskedWordObjective({ share: settings.mask, maskId, special: ids, seed: settings.seed }),
    dropout: { hidden: settings.dropout, attention: settings.dropout, classifier: 0 },
    ...{ isTrained: () => true, rateScale: () => 1 },
  };
  const examples = (of: readonly Tokens[]) => of.map((tokens) => ({ ...tokens, labels: {} }));
  const heldOut = examples(texts.heldOut);
  const evaluator = await Evaluator.open(spec, settings.threads);
  try {
    const run = await recordedRun(
      {
        ...{ spec, examples: examples(texts.training), epochs: settings.epochs, batches: settings.batches },
        ...{ accumulate: settings.accumulation, threads: settings.threads, patience: Number.POSITIVE_INFINITY },
        schedule: { kind: 'linear', rate: settings.rate, warmUp: settings.warmup },
      },
      { folder, every: settings.every, listener },
      async (now) => ({ value: -(await wordLoss(evaluator, heldOut, now)), tasks: {} }),
      new Map([...checkpoint.parameters, ...(head ?? initialMaskedWords(config, settings.seed))]),
      stop,
    );
    const { step, value } = run.best;
    return { parameters: bestOf(folder, parameters), steps: run.steps, best: { step, loss: -value } };
  } finally {
    await evaluator.close();
  }
}

/** Rounded to 4 decimals. */
async function wordLoss(evaluator: Evaluator, texts: readonly Example[], parameters: Parameters): Promise<number> {
  let [sum, count] = [0, 0];
  for await (const { outputs } of evaluator.run(texts, parameters)) {
    for (const loss of outputs.get(WORD_LOSSES) ?? []) {
      sum += loss;
      count += 1;
    }
  }
  return Math.round((sum / count) * 1e4) / 1e4;
}
