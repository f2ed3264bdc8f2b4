import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { writeMaskedWordModel } from '../../model/checkpoint/masked-word-model.ts';
import { openTextEncoder } from '../../model/serving/text-encoder.ts';
import { heldOut } from '../../model/training/held-out.ts';
import { pretrain, readMaskedWords } from '../../model/training/pretraining.ts';
import { parseShare } from '../arguments.ts';
import { createOutput } from '../output.ts';
import { openStart } from '../start-model.ts';
import { trainingProgress } from '../training-progress.ts';
import { readUnlabelledTexts } from '../unlabelled-texts.ts';
import { type UnlabelledOptions, unlabelledSettings, withUnlabelledOptions } from '../unlabelled-training.ts';

interface Options extends UnlabelledOptions {
  readonly mask: number;
}

export function pretrainCommand(): Command {
  return withUnlabelledOptions(
    new Command('pretrain').description('Go on with masked language modelling on unlabelled texts, before fine-tuning'),
  )
    .option('--mask <share>', 'share of the tokens that are asked for', parseShare, 0.15)
    .addHelpText(
      'after',
      "\nThe output folder takes model/, a checkpoint with the language model's head: a start for `barograph train`.",
    )
    .action(async (options: Options) => {
      const output = createOutput(options.json === true);
      const { folder: start, checkpoint } = openStart(options.start, options.maxTokens, '--max-tokens');
      const encode = openTextEncoder(checkpoint, checkpoint.config.family, options.maxTokens);
      const texts = heldOut(await readUnlabelledTexts(options.data, options.text), options.heldOut);
      output.note(`${texts.training.length} texts to learn from, ${texts.heldOut.length} held out.`);
      const tokens = {
        training: texts.training.map(({ text }) => encode(text)),
        heldOut: texts.heldOut.map(({ text }) => encode(text)),
      };
      const settings = { ...unlabelledSettings(options), mask: options.mask };
      const folder = resolve(options.output);
      const listener = trainingProgress();
      const head = readMaskedWords(start, checkpoint);
      const { parameters, steps, best } = await pretrain(checkpoint, head, tokens, settings, { folder, listener }).finally(() =>
        listener.end(),
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
