/**
 * Builds the default bundle: `node models/build-default.ts --data ../shared/data [--out models/default] [--cache .cache]`.
 *
 * Fetches an encoder and fine-tunes it with two heads; asks this teacher about labelled texts and about tweets without labels, from
 * which a student learns that begins with half of its layers; fixes the int8 steps on training texts, fits the heads' temperatures
 * on what serving computes, measures the result through the serving path, writes the bundle. The same machine gives the same bytes
 * each time; a run that was killed goes on where it stood.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { calibrate } from '../src/model/bundle/calibrate.ts';
import { type FineTuned, writeFineTuned } from '../src/model/bundle/fine-tuned.ts';
import { bundleOf } from '../src/model/bundle/publish.ts';
import { publishBundle } from '../src/model/bundle/publish-bundle.ts';
import { writeBundle } from '../src/model/bundle/write-bundle.ts';
import type { Checkpoint } from '../src/model/checkpoint/checkpoint-folder.ts';
import { withFewerLayers } from '../src/model/checkpoint/fewer-layers.ts';
import { openTextEncoder } from '../src/model/serving/text-encoder.ts';
import { distill } from '../src/model/training/distillation.ts';
import { fineTune } from '../src/model/training/fine-tuning.ts';
import type { TrainedModel } from '../src/model/training/heads.ts';
import type { RunListener } from '../src/model/training/recorded-run.ts';
import { askTeachers, readTeacher } from '../src/model/training/teachers.ts';
import { defaultCard } from './default-card.ts';
import { HELD_OUT, MAX_TOKENS, STUDENT_LAYERS, STUDENT_SETTINGS, TEACHER_SETTINGS } from './default-settings.ts';
import { fetchEncoder } from './fetch-encoder.ts';
import { readLabelledSets, TOPICS } from './labelled-sets.ts';
import { teachingTexts } from './teaching-texts.ts';
import { trainingTexts } from './training-texts.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    out: { type: 'string', default: 'models/default' },
    cache: { type: 'string', default: '.cache' },
  },
});
const log = (line: string): void => console.error(line);
const listener = (name: string): RunListener => ({
  onStep: ({ step, steps, loss }) => step % 100 === 0 && log(`${name}: step ${step} of ${steps}, loss ${loss.toFixed(3)}`),
  onValidation: ({ step, value, tasks }) => {
    const figures = Object.entries(tasks).map(([task, { accuracy, macroF1 }]) => `${task} ${accuracy} ${macroF1}`);
    log(`${name}: step ${step}, ${value} on validation ${figures}`);
  },
});

const work = join(values.cache, 'default-training');
const sets = readLabelledSets(join(values.data, 'labelled'));
const partOf = (part: string) => sets.filter((text) => text.part === part);
const texts = trainingTexts(sets);
const teacher = await fineTunedTeacher(fetchEncoder(values.cache), join(work, 'teacher'));
const student = await distilledStudent(teacher, join(work, 'student'));
const { test } = await publishBundle(values.out, student, sets, {
  ...{ name: 'default', precision: 'int8', training: { teacher: TEACHER_SETTINGS, student: STUDENT_SETTINGS } },
  card: defaultCard,
});
for (const [task, { n, accuracy, macroF1, ece }] of Object.entries(test?.tasks ?? {}))
  log(`${task}, test part: n ${n}, accuracy ${accuracy}, macro-F1 ${macroF1}, calibration error ${ece}`);
log(`wrote ${values.out}`);

async function fineTunedTeacher(checkpoint: Checkpoint, folder: string): Promise<FineTuned> {
  const { config, parameters } = checkpoint;
  const data = { texts, topics: TOPICS };
  const encode = openTextEncoder(checkpoint, config.family, MAX_TOKENS);
  return written(
    checkpoint,
    await fineTune({ config, parameters }, data, encode, TEACHER_SETTINGS, folder, listener('teacher')),
    folder,
  );
}

/** Asks the teacher in int8, which is faster. */
async function distilledStudent(tuned: FineTuned, folder: string): Promise<FineTuned> {
  const labelled = texts.filter(({ part }) => part === 'train');
  const inputs = await teachingTexts(labelled, join(values.data, 'replay', 'stocknet.ndjson.gz'));
  log(`the teacher is asked about ${inputs.length} texts`);
  const bundle = join(folder, 'teacher');
  writeBundle(bundle, bundleOf(tuned, 'int8', { name: 'teacher', metrics: {}, card: '' }), { replace: true });
  const taught = await askTeachers([readTeacher(bundle)], inputs, STUDENT_SETTINGS);
  const teaching = {
    training: taught.filter((_, i) => i % HELD_OUT !== 0),
    heldOut: taught.filter((_, i) => i % HELD_OUT === 0),
    topics: TOPICS.length,
  };
  const checkpoint = withFewerLayers(tuned.checkpoint, STUDENT_LAYERS);
  const { config, parameters } = checkpoint;
  const start = { config, parameters, heads: tuned.heads };
  const encode = openTextEncoder(checkpoint, config.family, MAX_TOKENS);
  const place = { folder, listener: listener('student') };
  return written(checkpoint, await distill(start, teaching, encode, STUDENT_SETTINGS, place), folder);
}

/** Calibrates what was trained and keeps it beside its run. */
async function written(checkpoint: Checkpoint, { encoder, heads }: TrainedModel, folder: string): Promise<FineTuned> {
  const trained = { checkpoint: { ...checkpoint, parameters: encoder }, heads, topics: TOPICS, maxTokens: MAX_TOKENS };
  const calibration = { ranges: partOf('train'), labelled: partOf('validation') };
  const model = await calibrate(trained, calibration, 'int8');
  writeFineTuned(join(folder, 'model'), model);
  return model;
}
