import assert from 'node:assert/strict';
import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { calibrate } from '../../../src/model/bundle/calibrate.ts';
import { type FineTuned, isFineTuned, readFineTuned, writeFineTuned } from '../../../src/model/bundle/fine-tuned.ts';
import { bundleOf, type Precision } from '../../../src/model/bundle/publish.ts';
import { writeBundle } from '../../../src/model/bundle/write-bundle.ts';
import { readCheckpoint } from '../../../src/model/checkpoint/checkpoint-folder.ts';
import type { Head } from '../../../src/model/heads/head.ts';
import { openClassifier } from '../../../src/model/serving/classifier.ts';
import type { Score } from '../../../src/model/serving/port.ts';
import type { LabelledText } from '../../../src/model/training-data/labelled-text.ts';
import { writeTinyCheckpoint } from '../../fixtures/model/tiny-checkpoint.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const WORDS = ['shares', 'fall', 'hold', 'rise', 'acme', 'globex'];
const TEXTS: LabelledText[] = Array.from({ length: 60 }, (_, n) => {
  const own = { head: n % 2 === 0 ? ('sentiment' as const) : ('topic' as const), label: n % 3, file: 'x', row: n };
  const text = `${WORDS[n % 6]} ${WORDS[(n * 5 + 1) % 6]} shares`;
  return { ...own, text, part: n % 7 === 0 ? 'validation' : 'train', ...(n % 5 === 0 ? { entity: 'acme' } : {}) };
});
const head = (classes: number): Head => ({
  ...{ classes, features: 16, bias: new Float32Array(classes) },
  weight: Float32Array.from({ length: classes * 16 }, (_, i) => Math.sin(i)),
});

describe('a fine-tuned model', () => {
  let folder: string;
  let remove: () => Promise<void>;
  let model: FineTuned;
  before(async () => {
    ({ path: folder, remove } = await temporaryFolder());
    writeTinyCheckpoint(join(folder, 'tiny'), WORDS);
    const checkpoint = readCheckpoint(join(folder, 'tiny'));
    const heads = { sentiment: head(3), topic: head(3) };
    const partOf = (part: string) => TEXTS.filter((text) => text.part === part);
    const calibration = { ranges: partOf('train'), labelled: partOf('validation') };
    model = await calibrate({ checkpoint, heads, topics: ['a', 'b', 'c'], maxTokens: 32 }, calibration, 'int8');
  });
  after(() => remove());

  const scoresOf = async (precision: Precision, entity?: string, of = model): Promise<readonly Score[]> => {
    const path = join(folder, precision);
    writeBundle(path, bundleOf(of, precision, { name: 'tiny', metrics: {}, card: '' }), { replace: true });
    const classifier = await openClassifier({ bundle: path, workers: 1 });
    try {
      return await classifier.classify(
        TEXTS.slice(0, 12).map(({ text }) => (entity === undefined ? { text } : { text, entity })),
      );
    } finally {
      await classifier.close();
    }
  };

  it('comes back from its folder as it went in', () => {
    const path = join(folder, 'model');
    assert.equal(isFineTuned(path), false);
    writeFineTuned(path, model);
    assert.equal(isFineTuned(path), true);
    assert.deepEqual(readFineTuned(path), model);
    assert.deepEqual(readCheckpoint(path), model.checkpoint);
    writeFineTuned(path, model); // replaces
  });

  it('knows entities when it was trained on some, and fits temperatures', () => {
    const { entities, heads } = model.settings;
    assert.equal(entities, true);
    assert.ok(heads.sentiment.temperature !== 1 && heads.topic.temperature !== 1);
  });

  it('answers about entities at a temperature of their own, and at that of texts when it has none', async () => {
    const { entityTemperature, ...sentiment } = model.settings.heads.sentiment;
    assert.ok(entityTemperature !== undefined && entityTemperature !== sentiment.temperature);
    const at = (changes: object): FineTuned => {
      const heads = { ...model.settings.heads, sentiment: { ...sentiment, ...changes } };
      return { ...model, settings: { ...model.settings, heads } };
    };
    const [same, other] = [at({}), at({ entityTemperature: 7 })];
    assert.deepEqual(await scoresOf('int8', undefined, other), await scoresOf('int8', undefined, same));
    const flat = await scoresOf('int8', 'acme', other);
    assert.notDeepEqual(flat, await scoresOf('int8', 'acme', same));
    assert.deepEqual(
      await scoresOf('int8', 'acme', same),
      await scoresOf('int8', 'acme', at({ entityTemperature: sentiment.temperature })),
    );
    for (const { sentiment: probabilities } of flat) assert.ok(Math.max(...Object.values(probabilities)) < 0.6, 'nearly equal');
  });

  it('is served in every precision with about the same scores', async () => {
    const exact = await scoresOf('fp32');
    for (const [precision, tolerance] of [
      ['fp16', 0.005],
      ['int8', 0.05],
    ] as const) {
      for (const [i, { sentiment, topics }] of (await scoresOf(precision)).entries()) {
        const expected = exact[i];
        assert.ok(expected !== undefined);
        for (const label of ['negative', 'neutral', 'positive'] as const)
          assert.ok(Math.abs(sentiment[label] - expected.sentiment[label]) < tolerance, `${precision} ${label}`);
        assert.ok(Math.abs((topics[0]?.p ?? 0) - (expected.topics[0]?.p ?? 0)) < tolerance, precision);
      }
    }
  });

  it('answers about an entity otherwise than about the text, and then without topics', async () => {
    const [whole, towards] = [await scoresOf('int8'), await scoresOf('int8', 'acme')];
    assert.notDeepEqual(
      towards.map(({ sentiment }) => sentiment),
      whole.map(({ sentiment }) => sentiment),
    );
    assert.ok(towards.every(({ topics }) => topics.length === 0));
  });

  it('is refused when a file of it is damaged, missing or of other heads', async () => {
    const path = join(folder, 'model');
    const refuses = async (damage: () => Promise<void>, message: RegExp): Promise<void> => {
      writeFineTuned(path, model);
      await damage();
      assert.throws(() => readFineTuned(path), { code: 'E_CHECKPOINT_INVALID', message });
    };
    await refuses(() => writeFile(join(path, 'barograph.json'), '{'), /barograph\.json cannot be used/);
    await refuses(() => rm(join(path, 'heads.safetensors')), /heads\.safetensors: cannot be opened/);
    await refuses(() => truncate(join(path, 'model.safetensors'), 900), /model\.safetensors/);
    const { heads } = model.settings;
    const fewer = { ...model.settings, heads: { ...heads, topic: { ...heads.topic, labels: ['a', 'b'] } } };
    await refuses(() => writeFile(join(path, 'barograph.json'), JSON.stringify(fewer)), /topic has the shapes \[3,16\]/);
  });
});
