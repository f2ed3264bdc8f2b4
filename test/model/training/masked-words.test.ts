import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as ort from 'onnxruntime-node';
import { z } from 'zod';
import { parseEncoderConfig } from '../../../src/model/checkpoint/encoder-config.ts';
import { encoderParameters, type Parameters } from '../../../src/model/checkpoint/parameters.ts';
import { encodeOnnx } from '../../../src/model/graph/onnx-file.ts';
import { padBatch } from '../../../src/model/serving/batches.ts';
import { encoderFeeds } from '../../../src/model/serving/onnxruntime-session.ts';
import { Evaluator } from '../../../src/model/training/evaluation.ts';
import type { Example } from '../../../src/model/training/examples.ts';
import {
  initialMaskedWords,
  maskedWordObjective,
  maskedWordParameters,
  WORD_LOSSES,
} from '../../../src/model/training/masked-words.ts';
import { train } from '../../../src/model/training/trainer.ts';
import { gradientGraph, type TrainingSpec, tensorNames } from '../../../src/model/training/training-graph.ts';
import { objectiveFeeds } from '../../../src/model/training/training-session.ts';
import { counterParameters } from '../../fixtures/model/counter-parameters.ts';
import { distance, summarySchema } from './summary.ts';
import { tinyOptions, tinySpec } from './tiny-run.ts';

const rows = z.array(z.array(z.number()));
const fixtureSchema = z.object({
  ...{ config: z.unknown(), ids: rows, mask: rows, places: z.array(z.number()), words: z.array(z.number()) },
  ...{ loss: z.number(), gradients: z.record(z.string(), summarySchema) },
});

const OBJECTIVE = maskedWordObjective({ share: 0.5, maskId: 4, special: [0, 1, 2, 3, 4], seed: 1 });
const { config } = tinySpec().spec;
const parameters = [...encoderParameters(config), ...maskedWordParameters(config)];
const { spec } = tinySpec({ objective: OBJECTIVE, parameters, sparseWords: false });

describe('masked words', () => {
  for (const family of ['roberta', 'bert']) {
    it(`have in a tiny ${family} the loss and every gradient that PyTorch has, the tied word table's too`, async () => {
      const path = join(import.meta.dirname, `../../fixtures/model/masked-words-${family}.json`);
      const fixture = fixtureSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
      const own = parseEncoderConfig(fixture.config, path);
      const table = [...encoderParameters(own), ...maskedWordParameters(own)];
      assert.deepEqual(table.map(({ name }) => name).sort(), Object.keys(fixture.gradients).sort());
      const dropout = { hidden: 0, attention: 0, classifier: 0 };
      const tiny: TrainingSpec = { ...spec, config: own, parameters: table, dropout };
      const session = await ort.InferenceSession.create(encodeOnnx(gradientGraph(tiny)), { logSeverityLevel: 3 });
      const texts = fixture.ids.map((ids, i) => ({ ids: ids.filter((_, at) => fixture.mask[i]?.[at] === 1) }));
      const count = fixture.places.length;
      const asked = new Map([
        ['masked_rows', { data: BigInt64Array.from(fixture.places, BigInt), shape: [count] }],
        ['masked_ids', { data: BigInt64Array.from(fixture.words, BigInt), shape: [count] }],
      ]);
      const weights = { data: new Float32Array(count).fill(1 / count), shape: [count, 1] };
      const feeds = {
        ...encoderFeeds(padBatch(texts, own.padId)),
        ...objectiveFeeds(asked),
        ...objectiveFeeds(new Map([['masked_weights', weights]])),
      };
      for (const [name, { shape, data }] of counterParameters(table)) feeds[name] = new ort.Tensor('float32', data, shape);
      const results = await session.run(feeds);
      await session.release();
      assert.ok(Math.abs(Number(results.loss?.data[0]) / fixture.loss - 1) < 1e-5);
      for (const { name } of table) {
        const theirs = fixture.gradients[name];
        assert.ok(theirs, name);
        const error = distance(results[tensorNames.gradient(name)]?.data as Float32Array, theirs);
        assert.ok(error < 1e-4, `${name}: ${error}`);
      }
    });
  }

  it('are drawn anew at every step, the same for the same step, and never from special tokens', () => {
    const texts: Example[] = Array.from({ length: 400 }, (_, n) => ({
      ids: [0, ...Array.from({ length: 10 }, (_, i) => 5 + ((n + i) % 30)), 2],
      labels: {},
    }));
    const idsOf = (draw: number): bigint[] => [...(OBJECTIVE.batches([texts], config, draw)[0]?.batch.ids ?? [])];
    assert.deepEqual(idsOf(3), idsOf(3));
    assert.notDeepEqual(idsOf(3), idsOf(4));
    const before = texts.flatMap(({ ids }) => ids.map(BigInt));
    const after = idsOf(3);
    assert.ok(before.every((id, i) => id > 4n || after[i] === id));
    const [asked] = OBJECTIVE.batches([texts], config, 3);
    const places = [...(asked?.inputs.get('masked_rows')?.data ?? [])].map(Number);
    assert.deepEqual(
      places.map((place) => before[place]),
      [...(asked?.inputs.get('masked_ids')?.data ?? [])],
    );
    const shareOf = (holds: (place: number) => boolean): number => places.filter(holds).length / places.length;
    assert.ok(Math.abs(places.length / 4000 - 0.5) < 0.03);
    assert.ok(Math.abs(shareOf((place) => after[place] === 4n) - 0.8) < 0.04);
    assert.ok(Math.abs(shareOf((place) => after[place] === before[place]) - 0.1) < 0.03);
  });

  it('teach a language: a word that always follows another is known', async () => {
    // The words 10 to 14 are each followed by the word 10 higher.
    const texts: Example[] = Array.from({ length: 200 }, (_, n) => ({
      ids: [0, ...[0, 1, 2].flatMap((k) => [10 + ((n * (k + 1) + k) % 5), 20 + ((n * (k + 1) + k) % 5)]), 2],
      labels: {},
    }));
    const initial: Parameters = new Map([...counterParameters(encoderParameters(config)), ...initialMaskedWords(config, 1)]);
    const evaluator = await Evaluator.open(spec, 1);
    const lossOf = async (of: Parameters): Promise<number> => {
      const losses: number[] = [];
      for await (const { outputs } of evaluator.run(texts.slice(150), of)) losses.push(...(outputs.get(WORD_LOSSES) ?? []));
      return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    };
    const before = await lossOf(initial);
    const { best } = await train(
      tinyOptions({ spec, examples: texts.slice(0, 150), epochs: 30, validate: async (now) => -(await lossOf(now)) }),
      initial,
    );
    await evaluator.close();
    assert.ok(before > 3 && (best?.value ?? -9) > -1.2, `${before} to ${best?.value}`);
  });
});
