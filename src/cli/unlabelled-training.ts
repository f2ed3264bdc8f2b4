import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { ADAMW } from '../model/training/optimisers.ts';
import { parseCount, parsePositive, parseShare, parseWholeNumber } from './arguments.ts';
import { START_MODEL } from './start-model.ts';

/** Options of every command that learns from texts without labels. */
export interface UnlabelledOptions {
  readonly start: string;
  readonly data: readonly string[];
  readonly text: string;
  readonly output: string;
  readonly epochs: number;
  readonly learningRate: number;
  readonly warmup: number;
  readonly batchSize: number;
  readonly batchTokens: number;
  readonly accumulation: number;
  readonly dropout: number;
  readonly maxTokens: number;
  readonly heldOut: number;
  readonly validateEvery: number;
  readonly seed: number;
  readonly threads: number;
  readonly json?: true;
}

export function withUnlabelledOptions(command: Command): Command {
  return command
    .requiredOption('--start <model>', START_MODEL)
    .requiredOption('--data <files...>', 'CSV or NDJSON, .gz too; equal texts count once')
    .requiredOption('--output <dir>', 'folder of the results; a run that was killed goes on from here')
    .option('--text <column>', 'column, or field, with the text', 'text')
    .option('--epochs <n>', 'times that all texts are seen', parseCount, 1)
    .option('--learning-rate <rate>', 'highest rate of AdamW; it rises, then falls to 0', parsePositive, 1e-4)
    .option('--warmup <share>', 'share of the steps in which the rate rises', parseShare, 0.06)
    .option('--batch-size <n>', 'texts of a batch, at most', parseCount, 32)
    .option('--batch-tokens <n>', 'padded tokens of a batch, at most', parseCount, 4096)
    .option('--accumulation <n>', 'batches whose gradients make one step', parseCount, 1)
    .option('--dropout <share>', 'of hidden states and attention', parseShare, 0.1)
    .option('--max-tokens <n>', 'a longer text loses its end', parseCount, 128)
    .option('--held-out <share>', 'share of the texts that measure the loss', parseShare, 0.02)
    .option(
      '--validate-every <epochs>',
      'epochs between two validations, each of which also writes a checkpoint',
      parsePositive,
      0.25,
    )
    .option('--seed <n>', 'decides every random choice', parseWholeNumber, 1)
    .option('--threads <n>', 'threads of ONNX Runtime', parseCount, availableParallelism())
    .option('--json', 'print the result as JSON');
}

/** The part of the options that trainings take. */
export function unlabelledSettings(options: UnlabelledOptions) {
  const { epochs, learningRate, warmup, batchSize, batchTokens, accumulation, dropout, validateEvery, seed, threads } = options;
  return {
    ...{ epochs, rate: learningRate, warmup, accumulation, dropout, every: validateEvery, seed, threads, optimiser: ADAMW },
    batches: { maxRows: batchSize, maxTokens: batchTokens },
  };
}
