import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encoderParameters, type Parameters } from '../../../src/model/checkpoint/parameters.ts';
import { Evaluator } from '../../../src/model/training/evaluation.ts';
import { headParameters } from '../../../src/model/training/heads.ts';
import { initialWeights } from '../../../src/model/training/initial-weights.ts';
import { type LoraSettings, loraParameters, mergeLora } from '../../../src/model/training/lora.ts';
import { type Method, rateScaleBy, trainedBy } from '../../../src/model/training/methods.ts';
import { train } from '../../../src/model/training/trainer.ts';
import type { TrainingSpec } from '../../../src/model/training/training-graph.ts';
import { counterParameters } from '../../fixtures/model/counter-parameters.ts';
import { HEADS, tinyExamples, tinyOptions, tinySpec } from './tiny-run.ts';

const { config } = tinySpec().spec;
const LORA: LoraSettings = { rank: 3, alpha: 6, dropout: 0.1, targets: ['query', 'value', 'up', 'down'] };

/** Names that some steps by a method change. */
async function changedBy(method: Method): Promise<string[]> {
  const base = [...encoderParameters(config), ...headParameters(config, HEADS)];
  const adapters = method.kind === 'lora' ? loraParameters(config, method, base) : [];
  const { spec } = tinySpec({
    parameters: [...base, ...adapters],
    isTrained: trainedBy(method, config),
    ...(method.kind === 'lora' ? { lora: method } : {}),
  });
  const initial: Parameters = new Map([...counterParameters(base), ...initialWeights(adapters, 1)]);
  let after: Parameters = new Map();
  await train(tinyOptions({ spec, epochs: 1, onBest: (parameters) => (after = structuredClone(new Map(parameters))) }), initial);
  return [...after].filter(([name, { data }]) => data.some((x, i) => x !== initial.get(name)?.data[i])).map(([name]) => name);
}

describe('a method of training', () => {
  it('changes what it is to change, all of it, and nothing else', async () => {
    const full = await changedBy({ kind: 'full' });
    // One segment only is in these texts; and keys' biases have no gradient but rounding.
    const rest = (names: readonly string[]): string[] => names.filter((name) => !name.endsWith('.key.bias')).sort();
    const expected = (keep: (name: string) => boolean): string[] => rest(full.filter(keep));
    assert.equal(full.length, encoderParameters(config).length + 2);
    const isHead = (name: string): boolean => name.startsWith('heads.');
    const cases: readonly (readonly [Method, (name: string) => boolean])[] = [
      [{ kind: 'frozen-embeddings' }, (name) => !name.startsWith('embeddings.')],
      [{ kind: 'top-layers', layers: 1 }, (name) => isHead(name) || name.startsWith('encoder.layer.1.')],
      [{ kind: 'heads' }, isHead],
      [{ kind: 'biases' }, (name) => isHead(name) || name.endsWith('.bias')],
    ];
    for (const [method, keep] of cases) assert.deepEqual(rest(await changedBy(method)), expected(keep), method.kind);
    const lora = await changedBy({ kind: 'lora', ...LORA });
    assert.ok(lora.every((name) => isHead(name) || name.includes('.lora_')));
    assert.equal(lora.filter((name) => name.includes('.lora_')).length, 2 * 2 * LORA.targets.length);
  });

  it('may let lower layers learn more slowly', () => {
    const scale = rateScaleBy(0.5, config);
    assert.deepEqual(
      [
        'heads.tone.bias',
        'encoder.layer.1.output.dense.bias',
        'encoder.layer.0.output.dense.bias',
        'embeddings.LayerNorm.bias',
      ].map(scale),
      [1, 0.5, 0.25, 0.125],
    );
  });
});

describe('low-rank adapters', () => {
  const base = [...encoderParameters(config), ...headParameters(config, HEADS)];
  const adapters = loraParameters(config, LORA, base);
  const logitsOf = async (changes: Partial<TrainingSpec>, parameters: Parameters): Promise<number[]> => {
    const evaluator = await Evaluator.open(tinySpec(changes).spec, 1);
    const logits = await evaluator.logits(tinyExamples(9), parameters, ['tone']);
    await evaluator.close();
    return (logits.get('tone') ?? []).flatMap((row) => [...row]);
  };

  it('change nothing at first', async () => {
    const plain = counterParameters(base);
    const adapted = new Map([...plain, ...initialWeights(adapters, 1)]);
    assert.deepEqual(await logitsOf({ parameters: [...base, ...adapters], lora: LORA }, adapted), await logitsOf({}, plain));
  });

  it('are merged into a plain model that computes the same', async () => {
    const adapted = new Map([...counterParameters(base), ...counterParameters(adapters)]);
    const ours = await logitsOf({ parameters: [...base, ...adapters], lora: LORA }, adapted);
    const merged = mergeLora(config, LORA, adapted);
    assert.deepEqual(
      [...merged.keys()],
      base.map(({ name }) => name),
    );
    const theirs = await logitsOf({}, merged);
    assert.ok(Math.max(...ours.map((x, i) => Math.abs(x - (theirs[i] ?? Number.NaN)))) < 1e-4);
    const without = await logitsOf({}, counterParameters(base));
    assert.ok(Math.max(...ours.map((x, i) => Math.abs(x - (without[i] ?? Number.NaN)))) > 0.1);
  });
});
