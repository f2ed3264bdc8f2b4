/**
 * Builds the default bundle: `node models/build-default.ts --data ../shared/data [--out models/default] [--cache .cache]`.
 *
 * Fetches the encoder, fine-tunes it with two heads, fixes the int8 steps on training texts, fits the heads' temperatures on what
 * serving computes, measures the result through the serving path, writes the bundle. The same machine gives the same bytes each
 * time; a run that was killed goes on where it stood.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { calibrate } from '../src/model/bundle/calibrate.ts';
import { writeFineTuned } from '../src/model/bundle/fine-tuned.ts';
import { type BundleMeasurement, measureBundle } from '../src/model/bundle/measure-bundle.ts';
import { bundleOf } from '../src/model/bundle/publish.ts';
import { writeBundle } from '../src/model/bundle/write-bundle.ts';
import { readCheckpoint } from '../src/model/checkpoint/checkpoint-folder.ts';
import { createTextEncoder } from '../src/model/serving/text-encoder.ts';
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
const name = 'default';

const checkpoint = readCheckpoint(await fetchEncoder(values.cache));
const { config, parameters, tokenizer, tokenizerConfig } = checkpoint;
const sets = readLabelledSets(join(values.data, 'labelled'));
const texts = trainingTexts(sets);
log(`${sets.length} labelled texts, ${texts.length} with those made of them`);

const encode = createTextEncoder(
  { tokenizer: JSON.parse(tokenizer), tokenizerConfig: JSON.parse(tokenizerConfig) },
  config.family,
  MAX_TOKENS,
);
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

const draft = join(values.cache, 'draft-bundle');
writeBundle(draft, bundleOf(model, 'int8', { name, metrics: {}, card: '' }), { replace: true });
const measure = (part: string): Promise<BundleMeasurement> => measureBundle(draft, partOf(part));
const [validation, test] = [await measure('validation'), await measure('test')];
rmSync(draft, { recursive: true });
const figures = ({ tasks, byFile }: BundleMeasurement) => ({ ...tasks, byFile });
const metrics = { training: { ...DEFAULT_SETTINGS, best: tuned.best }, validation: figures(validation), test: figures(test) };
writeBundle(values.out, bundleOf(model, 'int8', { name, metrics, card: defaultCard(test, validation) }), { replace: true });
for (const [task, { n, accuracy, macroF1, ece }] of Object.entries(test.tasks))
  log(`${task}, test part: n ${n}, accuracy ${accuracy}, macro-F1 ${macroF1}, calibration error ${ece}`);
log(`wrote ${values.out}`);
