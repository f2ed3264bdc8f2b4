/**
 * Builds the default bundle: `node models/build-default.ts --data ../shared/data [--out models/default] [--cache .cache]`.
 *
 * Fetches the encoder, fine-tunes it with two heads, fixes the int8 steps on training texts, fits the heads' temperatures on what
 * serving computes, measures the result through the serving path, writes the bundle. The same machine gives the same bytes each
 * time; a run that was killed goes on where it stood.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { calibrate } from '../src/model/bundle/calibrate.ts';
import { writeFineTuned } from '../src/model/bundle/fine-tuned.ts';
import { publishBundle } from '../src/model/bundle/publish-bundle.ts';
import { readCheckpoint } from '../src/model/checkpoint/checkpoint-folder.ts';
import { openTextEncoder } from '../src/model/serving/text-encoder.ts';
import { fineTune } from '../src/model/training/fine-tuning.ts';
import { defaultCard } from './default-card.ts';
import { DEFAULT_SETTINGS, MAX_TOKENS, trainingTexts } from './default-settings.ts';
import { fetchEncoder } from './fetch-encoder.ts';
import { readLabelledSets, TOPICS } from './labelled-sets.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    out: { type: 'string', default: 'models/default' },
    cache: { type: 'string', default: '.cache' },
  },
});
const log = (line: string): void => console.error(line);

const checkpoint = readCheckpoint(await fetchEncoder(values.cache));
const { config, parameters } = checkpoint;
const sets = readLabelledSets(join(values.data, 'labelled'));
const texts = trainingTexts(sets);
log(`${sets.length} labelled texts, ${texts.length} with those made of them`);

const encode = openTextEncoder(checkpoint, config.family, MAX_TOKENS);
const work = join(values.cache, 'default-training');
const tuned = await fineTune({ config, parameters }, { texts, topics: TOPICS }, encode, DEFAULT_SETTINGS, work, {
  onStep: ({ step, steps, loss }) => step % 100 === 0 && log(`step ${step} of ${steps}: loss ${loss.toFixed(3)}`),
  onValidation: ({ step, tasks }) =>
    log(`step ${step}: ${Object.entries(tasks).map(([task, { accuracy, macroF1 }]) => `${task} ${accuracy} ${macroF1}`)}`),
});
const trained = { checkpoint: { ...checkpoint, parameters: tuned.encoder }, heads: tuned.heads };
const partOf = (part: string) => sets.filter((text) => text.part === part);
const calibration = { ranges: partOf('train'), labelled: partOf('validation') };
const model = await calibrate({ ...trained, topics: TOPICS, maxTokens: MAX_TOKENS }, calibration, 'int8');
writeFineTuned(join(work, 'model'), model);

const { test } = await publishBundle(values.out, model, sets, {
  ...{ name: 'default', precision: 'int8', training: { ...DEFAULT_SETTINGS, best: tuned.best } },
  card: defaultCard,
});
for (const [task, { n, accuracy, macroF1, ece }] of Object.entries(test?.tasks ?? {}))
  log(`${task}, test part: n ${n}, accuracy ${accuracy}, macro-F1 ${macroF1}, calibration error ${ece}`);
log(`wrote ${values.out}`);
