import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { readCheckpoint } from '../../model/checkpoint/checkpoint-folder.ts';
import { writeMaskedWordModel } from '../../model/checkpoint/masked-word-model.ts';
import { openTextEncoder } from '../../model/serving/text-encoder.ts';
import { ADAMW } from '../../model/training/optimisers.ts';
import { pretrain, readMaskedWords } from '../../model/training/pretraining.ts';
import { parseCount, parsePositive, parseShare, parseWholeNumber } from '../arguments.ts';
import { createOutput } from '../output.ts';
import { trainingProgress } from '../training-progress.ts';
import { heldOut, readUnlabelledTexts } from '../unlabelled-texts.ts';

interface Options {
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
  readonly mask: number;
  readonly dropout: number;
  readonly maxTokens: number;
  readonly heldOut: number;
  readonly validateEvery: number;
  readonly seed: number;
  readonly threads: number;
  readonly json?: true;
}

export function pretrainCommand(): Command {
  return new Command('pretrain')
    .description('Go on with masked language modelling on unlabelled texts, before fine-tuning')
    .requiredOption('--start <dir>', 'checkpoint to start from')
    .requiredOption('--data <files...>', 'CSV or NDJSON, .gz too; equal texts count once')
    .requiredOption('--output <dir>', 'folder of the results; a run that was killed goes on from here')
    .option('--text <column>', 'column, or field, with the text', 'text')
    .option('--epochs <n>', 'times that all texts are seen', parseCount, 1)
    .option('--learning-rate <rate>', 'highest rate of AdamW; it rises, then falls to 0', parsePositive, 1e-4)
    .option('--warmup <share>', 'share of the steps in which the rate rises', parseShare, 0.06)
    .option('--batch-size <n>', 'texts of a batch, at most', parseCount, 32)
    .option('--batch-tokens <n>', 'padded tokens of a batch, at most', parseCount, 4096)
    .option('--accumulation <n>', 'batches whose gradients make one step', parseCount, 1)
    .option('--mask <share>', 'share of the tokens that are asked for', parseShare, 0.15)
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
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      "\nThe output folder takes model/, a checkpoint with the language model's head: a start for `barograph train`.",
    )
    .action(async (options: Options) => {
      const output = createOutput(options.json === true);
      const checkpoint = readCheckpoint(options.start);
      const encode = openTextEncoder(checkpoint, checkpoint.config.family, options.maxTokens);
      const texts = heldOut(await readUnlabelledTexts(options.data, options.text), options.heldOut);
      output.note(`${texts.training.length} texts to learn from, ${texts.heldOut.length} held out.`);
      const tokens = {
        training: texts.training.map((text) => encode(text)),
        heldOut: texts.heldOut.map((text) => encode(text)),
      };
      const { learningRate, batchSize, batchTokens, validateEvery, ...rest } = options;
      const settings = {
        ...{ ...rest, optimiser: ADAMW, rate: learningRate, every: validateEvery },
        batches: { maxRows: batchSize, maxTokens: batchTokens },
      };
      const folder = resolve(options.output);
      const progress = trainingProgress();
      const head = readMaskedWords(options.start, checkpoint);
      const { parameters, steps, best } = await pretrain(checkpoint, head, tokens, settings, folder, progress).finally(() =>
        progress.end(),
      );
      const model = join(folder, 'model');
      writeMaskedWordModel(model, checkpoint, parameters);
      output.result(
        { model, steps, best },
        () =>
          `${steps} steps; the model of step ${best.step} is kept: loss ${best.loss} nats a word on held-out texts\nmodel: ${model}`,
      );
    });
}
