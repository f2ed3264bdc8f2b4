import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { calibrate } from '../../model/bundle/calibrate.ts';
import { writeFineTuned } from '../../model/bundle/fine-tuned.ts';
import { withFewerLayers } from '../../model/checkpoint/fewer-layers.ts';
import { openTextEncoder } from '../../model/serving/text-encoder.ts';
import { distill } from '../../model/training/distillation.ts';
import { heldOut } from '../../model/training/held-out.ts';
import { askTeachers, commonTopics, readTeacher } from '../../model/training/teachers.ts';
import { parseCount, parseNumber, parsePositive } from '../arguments.ts';
import { createOutput } from '../output.ts';
import { createProgress } from '../progress.ts';
import { openStart, type StartModel, startOf } from '../start-model.ts';
import { trainingProgress } from '../training-progress.ts';
import { readUnlabelledTexts } from '../unlabelled-texts.ts';
import { type UnlabelledOptions, unlabelledSettings, withUnlabelledOptions } from '../unlabelled-training.ts';

interface Options extends UnlabelledOptions {
  readonly teacher: readonly string[];
  readonly entity?: string;
  readonly layers?: number;
  readonly temperature: number;
  readonly hiddenWeight: number;
}

export function distillCommand(): Command {
  return withUnlabelledOptions(
    new Command('distill').description(
      'Teach a student what trained models say of unlabelled texts: their probabilities and hidden states',
    ),
  )
    .requiredOption('--teacher <dirs...>', 'bundles, or model/ folders of `barograph train`; several teach their mean')
    .option('--layers <n>', 'layers of the start that the student keeps, at equal distances; all by default', parseCount)
    .option('--entity <column>', 'column, or field, with a company that the text is also asked about')
    .option('--temperature <t>', 'softens the probabilities, so that second choices are learned too', parsePositive, 2)
    .option(
      '--hidden-weight <w>',
      "weight of the teachers' text vectors beside their probabilities; 0 leaves them out",
      parseNumber,
      1,
    )
    .addHelpText(
      'after',
      '\nThe output folder takes model/, the student with its heads: for `barograph models export`, or a start for `barograph train`.',
    )
    .action(async (options: Options) => {
      const output = createOutput(options.json === true);
      const teachers = options.teacher.map(readTeacher);
      const topics = commonTopics(teachers);
      const start = shortened(openStart(options.start, options.maxTokens, '--max-tokens'), options.layers);
      const encode = openTextEncoder(start.checkpoint, start.checkpoint.config.family, options.maxTokens);
      const inputs = await readUnlabelledTexts(options.data, options.text, options.entity);
      const asking = createProgress();
      const taught = await askTeachers(teachers, inputs, options, (answers) =>
        asking.show(`asking the teachers: ${answers} of ${inputs.length * teachers.length}`),
      ).finally(() => asking.end());
      const teaching = { ...heldOut(taught, options.heldOut), topics: topics.length };
      const { training, heldOut: held } = teaching;
      output.note(`${training.length} texts to learn from, ${held.length} held out, ${teachers.length} teachers.`);
      const { temperature, hiddenWeight } = options;
      const settings = { ...unlabelledSettings(options), temperature, vectorWeight: hiddenWeight };
      const folder = resolve(options.output);
      const listener = trainingProgress();
      const place = { folder, listener };
      const { encoder, heads, steps, best } = await distill(startOf(start), teaching, encode, settings, place).finally(() =>
        listener.end(),
      );
      const model = join(folder, 'model');
      const student = { checkpoint: { ...start.checkpoint, parameters: encoder }, heads, topics, maxTokens: options.maxTokens };
      writeFineTuned(model, await calibrate(student, { ranges: training, labelled: [] }, 'int8'));
      output.result(
        { model, steps, best: { step: best.step, divergence: best.loss } },
        () =>
          `${steps} steps; the model of step ${best.step} is kept: ${best.loss} nats from its teachers on held-out texts\nmodel: ${model}`,
      );
    });
}

const shortened = (start: StartModel, layers: number | undefined): StartModel =>
  layers === undefined ? start : { ...start, checkpoint: withFewerLayers(start.checkpoint, layers) };
