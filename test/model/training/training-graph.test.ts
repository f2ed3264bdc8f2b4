import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as ort from 'onnxruntime-node';
import { z } from 'zod';
import { parseEncoderConfig } from '../../../src/model/checkpoint/encoder-config.ts';
import { encoderParameters, type Parameters } from '../../../src/model/checkpoint/parameters.ts';
import { encodeOnnx } from '../../../src/model/graph/onnx-file.ts';
import { encoderFeeds } from '../../../src/model/serving/onnxruntime-session.ts';
import type { Example } from '../../../src/model/training/examples.ts';
import { headObjective } from '../../../src/model/training/head-objective.ts';
import { headParameters } from '../../../src/model/training/heads.ts';
import { ADAMW } from '../../../src/model/training/optimisers.ts';
import { gradientGraph, type TrainingSpec, tensorNames } from '../../../src/model/training/training-graph.ts';
import { objectiveFeeds, TrainingSession } from '../../../src/model/training/training-session.ts';
import { counterParameters } from '../../fixtures/model/counter-parameters.ts';
import { distance, summarySchema } from './summary.ts';

/* The numbers of make_training.py. */
const HEADS = [
  { name: 'sentiment', classes: 3, classWeights: [1, 0.5, 2] },
  { name: 'topic', classes: 5, classWeights: [1, 1, 1, 1, 1] },
];
const [STEPS, WARM_UP, RATE, LAYER_DECAY, DECAY, MAX_NORM, SMOOTHING] = [10, 3, 1e-2, 0.8, 0.05, 0.5, 0.1];

const OBJECTIVE = headObjective({
  heads: HEADS,
  smoothing: SMOOTHING,
  classWeights: Object.fromEntries(HEADS.map(({ name, classWeights }) => [name, classWeights])),
});

const rows = z.array(z.array(z.number()));
const fixtureSchema = z.object({
  config: z.unknown(),
  batches: z.array(z.object({ ids: rows, mask: rows, labels: z.record(z.string(), z.array(z.number().nullable())) })),
  losses: z.array(z.number()),
  norms: z.array(z.number()),
  gradients: z.record(z.string(), summarySchema),
  parameters: z.record(z.string(), summarySchema),
});
type Fixture = z.infer<typeof fixtureSchema>;

function load(family: string): { fixture: Fixture; spec: TrainingSpec; initial: Parameters } {
  const path = join(import.meta.dirname, `../../fixtures/model/training-${family}.json`);
  const fixture = fixtureSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  const config = parseEncoderConfig(fixture.config, path);
  const parameters = [...encoderParameters(config), ...headParameters(config, HEADS)];
  const layer = (name: string): number =>
    name.startsWith('embeddings') ? 0 : name.startsWith('heads') ? config.layers + 1 : Number(name.split('.')[2]) + 1;
  const spec: TrainingSpec = {
    ...{ config, objective: OBJECTIVE, parameters, seed: 1, dropout: { hidden: 0, attention: 0, classifier: 0 } },
    isTrained: () => true,
    rateScale: (name) => LAYER_DECAY ** (config.layers + 1 - layer(name)),
    optimiser: { ...ADAMW, weightDecay: DECAY },
    maxNorm: MAX_NORM,
    sparseWords: false,
  };
  return { fixture, spec, initial: counterParameters(parameters) };
}

/** The rows of a batch without their padding. */
function examplesOf({ ids, mask, labels }: Fixture['batches'][number]): Example[] {
  return ids.map((row, i) => ({
    ids: row.filter((_, token) => mask[i]?.[token] === 1),
    labels: Object.fromEntries(
      HEADS.flatMap(({ name }) => {
        const label = labels[name]?.[i] ?? undefined;
        return label === undefined ? [] : [[name, label]];
      }),
    ),
  }));
}

for (const family of ['roberta', 'bert']) {
  describe(`a tiny ${family} in training`, () => {
    it('has the loss and every gradient that PyTorch has', async () => {
      const { fixture, spec, initial } = load(family);
      const [batch] = fixture.batches;
      assert.ok(batch);
      const session = await ort.InferenceSession.create(encodeOnnx(gradientGraph(spec)), { logSeverityLevel: 3 });
      const [asked] = OBJECTIVE.batches([examplesOf(batch)], spec.config, 0);
      assert.ok(asked);
      const feeds = { ...encoderFeeds(asked.batch), ...objectiveFeeds(asked.inputs) };
      for (const { name, shape } of spec.parameters)
        feeds[name] = new ort.Tensor('float32', initial.get(name)?.data ?? new Float32Array(), shape);
      const results = await session.run(feeds);
      await session.release();
      assert.ok(Math.abs(Number(results.loss?.data[0]) - (fixture.losses[0] ?? 0)) < 1e-5);
      for (const { name } of spec.parameters) {
        const theirs = fixture.gradients[name];
        assert.ok(theirs, name);
        const error = distance(results[tensorNames.gradient(name)]?.data as Float32Array, theirs);
        assert.ok(error < 1e-4, `${name}: ${error}`);
      }
    });

    it('is after ten steps of AdamW where PyTorch is', async () => {
      const { fixture, spec, initial } = load(family);
      const session = new TrainingSession(spec, initial, 1);
      for (const [step, batch] of fixture.batches.entries()) {
        const rate = RATE * (step < WARM_UP ? (step + 1) / WARM_UP : (STEPS - step) / (STEPS - WARM_UP));
        const { loss, norm } = await session.step(OBJECTIVE.batches([examplesOf(batch)], spec.config, step), rate);
        assert.ok(Math.abs(loss - (fixture.losses[step] ?? 0)) < 1e-4, `loss of step ${step}: ${loss}`);
        assert.ok(Math.abs(norm / (fixture.norms[step] ?? 0) - 1) < 1e-3, `norm of step ${step}: ${norm}`);
      }
      for (const [name, { data }] of session.parameters) {
        const theirs = fixture.parameters[name];
        assert.ok(theirs, name);
        // Softmax does not change when all keys move alike: the true gradient is 0, and AdamW makes steps of its rounding errors.
        if (name.endsWith('.self.key.bias')) continue;
        const error = distance(data, theirs);
        assert.ok(error < 3e-4, `${name}: ${error}`);
      }
      await session.close();
    });
  });
}
