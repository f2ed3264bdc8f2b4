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
import { writeBundle } from '../src/model/bundle/write-bundle.ts';
import { readCheckpoint } from '../src/model/checkpoint/checkpoint-folder.ts';
import { hiddenOutput, servingGraph } from '../src/model/encoder/serving-graph.ts';
import { encodeOnnx } from '../src/model/graph/onnx-file.ts';
import { fitTemperature } from '../src/model/heads/calibration.ts';
import { type Head, headLogits } from '../src/model/heads/head.ts';
import { openOnnxRuntimeSession } from '../src/model/serving/onnxruntime-session.ts';
import type { PoolingPart } from '../src/model/serving/pooling.ts';
import { createTextEncoder } from '../src/model/serving/text-encoder.ts';
import { createTextFeatures } from '../src/model/serving/text-features.ts';
import { PREPARATION } from '../src/model/text-preparation.ts';
import { readLabelledTexts, TOPICS } from '../src/model/training-data/labelled-texts.ts';
import { calibrateRanges } from './calibrate-ranges.ts';
import { defaultCard } from './default-card.ts';
import { evaluateBundle } from './evaluate-bundle.ts';
import { fetchEncoder } from './fetch-encoder.ts';
import { fineTune } from './fine-tune-default.ts';

const MAX_TOKENS = 128;
const BATCH_TOKENS = 512;
/** Every 25th training text fixes the int8 steps: some 1,100 texts. */
const CALIBRATION_STRIDE = 25;

const LAYERS = [6];
const POOLING: PoolingPart[] = [{ layer: 6, kind: 'mean' }];

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    out: { type: 'string', default: 'models/default' },
    cache: { type: 'string', default: '.cache' },
  },
});
const log = (line: string): void => console.error(line);

const checkpoint = await fetchEncoder(values.cache);
const { config: encoderConfig, tokenizer, tokenizerConfig, parameters: start } = readCheckpoint(checkpoint);

const data = readLabelledTexts(join(values.data, 'labelled'));
log(`${data.topic.length} topic texts, ${data.sentiment.length} sentiment texts`);

const encode = createTextEncoder(
  { tokenizer: JSON.parse(tokenizer), tokenizerConfig: JSON.parse(tokenizerConfig) },
  encoderConfig.family,
  MAX_TOKENS,
);
const tuned = await fineTune(encoderConfig, start, data, encode, join(values.cache, 'default-training'), log);
const sample = [...data.topic, ...data.sentiment]
  .filter(({ part }) => part === 'train')
  .filter((_, i) => i % CALIBRATION_STRIDE === 0);
const ranges = await calibrateRanges(
  encoderConfig,
  tuned.encoder,
  sample.map(({ text }) => encode(text)),
);
log(`int8 steps fixed on ${sample.length} training texts`);

const model = encodeOnnx(servingGraph(encoderConfig, tuned.encoder, ranges, LAYERS));
const { family, padId, hidden } = encoderConfig;
const base = { family, entities: true, maxTokens: MAX_TOKENS, padId, hidden, layers: LAYERS, pooling: POOLING };
const session = await openOnnxRuntimeSession(model, LAYERS.map(hiddenOutput), 2);
const features = createTextFeatures({ config: base, tokenizer, tokenizerConfig }, session, BATCH_TOKENS);

const temperatureOf = async (head: Head, texts: typeof data.topic): Promise<number> => {
  const used = texts.filter(({ part }) => part === 'validation');
  const computed = await features(used);
  return fitTemperature(
    computed.map((x) => headLogits(head, x)),
    used.map(({ label }) => label),
  );
};
const temperatures = {
  sentiment: await temperatureOf(tuned.heads.sentiment, data.sentiment),
  topic: await temperatureOf(tuned.heads.topic, data.topic),
};
await session.close();

const contents = {
  config: {
    format: 1 as const,
    name: 'default',
    preparation: PREPARATION,
    ...base,
    heads: {
      sentiment: {
        labels: ['negative', 'neutral', 'positive'] as ['negative', 'neutral', 'positive'],
        temperature: temperatures.sentiment,
      },
      topic: { labels: [...TOPICS], temperature: temperatures.topic },
    },
  },
  model,
  tokenizer,
  tokenizerConfig,
  heads: tuned.heads,
};

const draft = join(values.cache, 'draft-bundle');
writeBundle(draft, { ...contents, metrics: {}, card: '' }, { replace: true });
const metrics = {
  training: { calibrationTexts: sample.length, best: tuned.best, temperatures },
  validation: await evaluateBundle(draft, data, 'validation'),
  test: await evaluateBundle(draft, data, 'test'),
};
rmSync(draft, { recursive: true });
writeBundle(values.out, { ...contents, metrics, card: defaultCard(metrics.test, metrics.validation) }, { replace: true });
for (const [name, { n, accuracy, macroF1, ece }] of [
  ['topic', metrics.test.topic],
  ['sentiment', metrics.test.sentiment],
] as const) {
  log(`${name}, test part: n ${n}, accuracy ${accuracy}, macro-F1 ${macroF1}, calibration error ${ece}`);
}
log(`wrote ${values.out}`);
