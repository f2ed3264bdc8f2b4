import { type Checkpoint, openWeights } from '../checkpoint/checkpoint-folder.ts';
import { encoderParameters, loadParameters, type Parameters } from '../checkpoint/parameters.ts';
import { specialTokens } from '../checkpoint/special-tokens.ts';
import type { Tokens } from '../serving/batches.ts';
import type { Evaluator } from './evaluation.ts';
import type { Example } from './examples.ts';
import { initialMaskedWords, maskedWordObjective, maskedWordParameters, WORD_LOSSES } from './masked-words.ts';
import type { TrainingSpec } from './training-graph.ts';
import { type UnlabelledPlace, type UnlabelledRun, type UnlabelledSettings, unlabelledRun } from './unlabelled-run.ts';

export interface PretrainingSettings extends UnlabelledSettings {
  /** Share of the tokens that are asked for. */
  readonly mask: number;
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
 * Goes on with masked language modelling on texts, and gives encoder and language model's head of the step with the lowest mean loss, in
 * nats a word, on the held-out ones. `head` is the checkpoint's own, else a new one begins. Rejects as `train` does.
 */
export function pretrain(
  checkpoint: Checkpoint,
  head: Parameters | undefined,
  texts: { readonly training: readonly Tokens[]; readonly heldOut: readonly Tokens[] },
  settings: PretrainingSettings,
  place: UnlabelledPlace,
): Promise<UnlabelledRun> {
  const { config } = checkpoint;
  const { maskId, ids } = specialTokens(checkpoint);
  const parameters = [...encoderParameters(config), ...maskedWordParameters(config)];
  const spec: TrainingSpec = {
    ...{ config, parameters, optimiser: settings.optimiser, maxNorm: 1, seed: settings.seed, sparseWords: false },
    objective: maskedWordObjective({ share: settings.mask, maskId, special: ids, seed: settings.seed }),
    dropout: { hidden: settings.dropout, attention: settings.dropout, classifier: 0 },
    ...{ isTrained: () => true, rateScale: () => 1 },
  };
  const examples = (of: readonly Tokens[]): Example[] => of.map((tokens) => ({ ...tokens, labels: {} }));
  const parts = { training: examples(texts.training), heldOut: examples(texts.heldOut) };
  const initial = new Map([...checkpoint.parameters, ...(head ?? initialMaskedWords(config, settings.seed))]);
  return unlabelledRun(spec, parts, settings, wordLoss, initial, place);
}

async function wordLoss(evaluator: Evaluator, texts: readonly Example[], parameters: Parameters): Promise<number> {
  let [sum, count] = [0, 0];
  for await (const { outputs } of evaluator.run(texts, parameters)) {
    for (const loss of outputs.get(WORD_LOSSES) ?? []) {
      sum += loss;
      count += 1;
    }
  }
  return sum / count;
}
