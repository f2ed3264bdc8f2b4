import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Parameters } from '../../../src/model/checkpoint/parameters.ts';
import { Evaluator, measureLogits } from '../../../src/model/training/evaluation.ts';
import { isDue, type TrainingOptions, train } from '../../../src/model/training/trainer.ts';
import { counterParameters } from '../../fixtures/model/counter-parameters.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { tinyExamples, tinyObjective, tinyOptions, tinySpec } from './tiny-run.ts';

const bytes = (parameters: Parameters): string =>
  [...parameters].map(([name, { data }]) => `${name} ${Buffer.from(data.slice().buffer).toString('base64')}`).join('\n');

/** Trains and gives the last model, as it was handed out. */
async function trained(changes: Partial<TrainingOptions>, stop?: AbortSignal): Promise<string> {
  let last = '';
  await train(tinyOptions({ ...changes, onBest: (parameters) => (last = bytes(parameters)) }), tinySpec().initial, stop);
  return last;
}

describe('training', () => {
  it('learns: a rule of one word is known after some epochs', async () => {
    const { spec, initial } = tinySpec();
    const evaluator = await Evaluator.open(spec, 1);
    const held = tinyExamples(90).slice(60);
    const labels = held.map(({ labels: { tone } }) => tone);
    const accuracy = async (parameters: Parameters): Promise<number> =>
      measureLogits((await evaluator.logits(held, parameters, ['tone'])).get('tone') ?? [], labels, ['a', 'b', 'c']).accuracy;
    assert.ok((await accuracy(initial)) < 0.5);
    const { best } = await train(tinyOptions({ epochs: 15, validate: accuracy }), initial);
    assert.ok((best?.value ?? 0) > 0.9, `accuracy ${best?.value}`);
    await evaluator.close();
  });

  it('gives the same weights for the same seed, and others for another', async () => {
    const first = await trained({});
    assert.equal(await trained({}), first);
    assert.notEqual(await trained({ spec: tinySpec({ seed: 4 }).spec }), first);
  });

  it('takes the same step on one batch and on its parts, words that rest included', async () => {
    const dropout = { hidden: 0, attention: 0, classifier: 0 };
    // AdamW would make whole steps of rounding errors where a gradient is 0; and only padded batches let padding's row decay.
    const { spec } = tinySpec({ dropout, optimiser: { kind: 'sgd', momentum: 0.9, weightDecay: 0 } });
    const initial = counterParameters(spec.parameters);
    const examples = tinyExamples(24).map((example, i) => (i % 4 === 3 ? { ...example, labels: {} } : example)); // parts weigh differently
    const ends: Parameters[] = [];
    for (const [maxRows, accumulate] of [
      [24, 1],
      [8, 3],
      [5, 5],
    ] as const) {
      const options = { spec, examples, epochs: 2, batches: { maxRows, maxTokens: 1000 }, accumulate, validateEvery: 1 };
      await train(
        tinyOptions({
          ...options,
          onBest: (parameters) => (ends[accumulate] = structuredClone(new Map(parameters))),
        }),
        initial,
      );
    }
    for (const [name, { data }] of ends[1] ?? []) {
      for (const other of [ends[3], ends[5]]) {
        const apart = Math.max(...data.map((x, i) => Math.abs(x - (other?.get(name)?.data[i] ?? Number.NaN))));
        assert.ok(apart < 1e-5, `${name}: ${apart}`);
      }
    }
  });

  it('ends with the same weights, to the bit, when it was killed and goes on', async () => {
    const { path, remove } = await temporaryFolder();
    const folder = join(path, 'checkpoint');
    const accumulate = 2;
    const undisturbed = await trained({ accumulate });
    for (const at of [3, 8, 9, 11]) {
      const stop = new AbortController();
      const onStep: TrainingOptions['onStep'] = ({ step }) => {
        if (step === at) stop.abort(new Error('killed'));
      };
      await assert.rejects(trained({ accumulate, folder, onStep }, stop.signal), /killed/);
    }
    assert.equal(await trained({ accumulate, folder }), undisturbed);
    await assert.rejects(trained({ accumulate, folder, spec: tinySpec({ objective: tinyObjective(0.1) }).spec }), {
      code: 'E_CHECKPOINT_INVALID',
      message: /other data or settings/,
    });
    await writeFile(join(folder, 'progress.json'), '{"run":');
    await assert.rejects(trained({ accumulate, folder }), {
      code: 'E_CHECKPOINT_INVALID',
      message: /progress.json is damaged: remove/,
    });
    await remove();
  });

  it('stops when it has not become better for long enough, and says where the best was', async () => {
    const figures = [1, 3, 2, 2, 5];
    const best: number[] = [];
    const result = await train(
      tinyOptions({
        ...{ patience: 2, validate: async () => figures.shift() ?? 0 },
        onBest: (_, step) => best.push(step),
      }),
      tinySpec().initial,
    );
    assert.deepEqual(result, { steps: 20, best: { value: 3, step: 10 }, stoppedEarly: true });
    assert.deepEqual(best, [5, 10]);
  });

  it('stops at a loss that is no number, naming the step, and leaves the last checkpoint alone', async () => {
    const { path, remove } = await temporaryFolder();
    const folder = join(path, 'checkpoint');
    const schedule = { kind: 'constant', rate: 1e30, warmUp: 0 } as const;
    await assert.rejects(trained({ folder, schedule, validateEvery: 1 }), {
      code: 'E_TRAINING_DIVERGED',
      message: /The loss of step \d+ is/,
    });
    await remove();
  });

  it('changes nothing but what is to be trained', async () => {
    const { spec, initial } = tinySpec({ isTrained: (name) => name.startsWith('heads') });
    let after: Parameters = new Map();
    await train(tinyOptions({ spec, onBest: (parameters) => (after = structuredClone(new Map(parameters))) }), initial);
    const changed = [...after].filter(([name, { data }]) => data.some((value, i) => value !== initial.get(name)?.data[i]));
    assert.deepEqual(
      changed.map(([name]) => name),
      ['heads.tone.weight', 'heads.tone.bias'],
    );
  });

  it('is validated at equal distances, also where an epoch is no multiple of them', () => {
    const steps = Array.from({ length: 3061 }, (_, i) => i + 1);
    assert.deepEqual(
      steps.filter((step) => isDue(step, 0.25 * 3061)),
      [766, 1531, 2296, 3061],
    );
  });
});
