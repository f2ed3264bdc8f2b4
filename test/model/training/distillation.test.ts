import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encoderParameters } from '../../../src/model/checkpoint/parameters.ts';
import { softmax } from '../../../src/model/heads/head.ts';
import { Evaluator } from '../../../src/model/training/evaluation.ts';
import { headParameters } from '../../../src/model/training/heads.ts';
import { type TaughtExample, teacherObjective, VECTOR_HEAD } from '../../../src/model/training/teacher-objective.ts';
import { TrainingSession } from '../../../src/model/training/training-session.ts';
import { counterParameters } from '../../fixtures/model/counter-parameters.ts';
import { tinyExamples, tinySpec } from './tiny-run.ts';

const HEADS = [
  { name: 'sentiment', classes: 3 },
  { name: 'topic', classes: 4 },
];
const TEMPERATURE = 2;
const VECTOR = { size: 5, weight: 0.3 };
const dropout = { hidden: 0, attention: 0, classifier: 0 };

/** Some say nothing of the topic. */
const EXAMPLES: readonly TaughtExample[] = tinyExamples(10).map(({ ids }, n) => {
  const distribution = (classes: number): Float32Array =>
    Float32Array.from(softmax(Float64Array.from({ length: classes }, (_, c) => Math.sin(n * 3 + c * 5))));
  const probabilities = { sentiment: distribution(3), ...(n % 3 === 0 ? {} : { topic: distribution(4) }) };
  const vector = Float32Array.from({ length: VECTOR.size }, (_, i) => Math.cos(n + i));
  return { ids, labels: {}, lesson: { probabilities, vector } };
});

function specWith(vector: typeof VECTOR) {
  const objective = teacherObjective({ heads: HEADS, temperature: TEMPERATURE, vector });
  const { config } = tinySpec().spec;
  const heads = [...HEADS, ...(vector.weight === 0 ? [] : [{ name: VECTOR_HEAD, classes: vector.size }])];
  const parameters = [...encoderParameters(config), ...headParameters(config, heads)];
  return tinySpec({ objective, dropout, parameters, optimiser: { kind: 'sgd', momentum: 0, weightDecay: 0 } }).spec;
}

async function lossOf(spec: ReturnType<typeof specWith>, parts: readonly (readonly TaughtExample[])[]): Promise<number> {
  const session = new TrainingSession(spec, counterParameters(spec.parameters), 1);
  try {
    return (await session.step(spec.objective.batches(parts, spec.config, 0), 0.01)).loss;
  } finally {
    await session.close();
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("the teachers' objective", () => {
  it("is T² times the cross-entropy of softened probabilities, the mean over a head's own rows", async () => {
    const spec = specWith({ size: 0, weight: 0 });
    const evaluator = await Evaluator.open(spec, 1);
    const names = HEADS.map(({ name }) => name);
    const logits = await evaluator.logits(EXAMPLES, counterParameters(spec.parameters), names);
    await evaluator.close();
    let expected = 0;
    for (const name of names) {
      const entropies = EXAMPLES.flatMap(({ lesson }, i) => {
        const own = softmax(Float64Array.from(logits.get(name)?.[i] ?? []), TEMPERATURE);
        const taught = lesson.probabilities[name];
        return taught === undefined ? [] : [-taught.reduce((sum, p, c) => sum + p * Math.log(own[c] ?? 0), 0)];
      });
      expected += TEMPERATURE ** 2 * mean(entropies);
    }
    const loss = await lossOf(spec, [EXAMPLES]);
    assert.ok(Math.abs(loss / expected - 1) < 1e-5, `${loss} of ${expected}`);
  });

  it('adds the mean squared distance of text vectors', async () => {
    const spec = specWith(VECTOR);
    const without = await lossOf(specWith({ size: 0, weight: 0 }), [EXAMPLES]);
    // With the weights of that head at 0 it foretells its bias, whatever the text.
    const initial = new Map(counterParameters(spec.parameters));
    const weight = `heads.${VECTOR_HEAD}.weight`;
    initial.set(weight, { shape: [VECTOR.size, spec.config.hidden], data: new Float32Array(VECTOR.size * spec.config.hidden) });
    const bias = initial.get(`heads.${VECTOR_HEAD}.bias`)?.data ?? new Float32Array();
    const session = new TrainingSession(spec, initial, 1);
    const { loss } = await session.step(spec.objective.batches([EXAMPLES], spec.config, 0), 0.01);
    await session.close();
    const distance = mean(EXAMPLES.flatMap(({ lesson }) => [...lesson.vector].map((x, i) => (x - (bias[i] ?? 0)) ** 2)));
    assert.ok(Math.abs(loss - without - VECTOR.weight * distance) < 1e-5, `${loss - without} of ${VECTOR.weight * distance}`);
  });

  it('is the same for a step in one batch and in parts', async () => {
    const spec = specWith(VECTOR);
    const whole = await lossOf(spec, [EXAMPLES]);
    const parts = await lossOf(spec, [EXAMPLES.slice(0, 3), EXAMPLES.slice(3, 4), EXAMPLES.slice(4)]);
    assert.ok(Math.abs(whole / parts - 1) < 1e-5, `${whole}, ${parts}`);
  });
});
