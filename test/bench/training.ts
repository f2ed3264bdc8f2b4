/*
 * Measures training: `npm run bench:train -- [--python PATH] [--data FOLDER] [NAME…]`. Names: step, base, methods, and epoch, which
 * needs the data; all by default. With the Python of an environment that has torch and transformers the same is done there too
 * (`torch_step.py`, `torch_epoch.py`), in turn with ours.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { EncoderConfig } from '../../src/model/checkpoint/encoder-config.ts';
import { encoderParameters } from '../../src/model/checkpoint/parameters.ts';
import { headObjective } from '../../src/model/training/head-objective.ts';
import { headParameters } from '../../src/model/training/heads.ts';
import { initialWeights } from '../../src/model/training/initial-weights.ts';
import { loraParameters } from '../../src/model/training/lora.ts';
import { type Method, rateScaleBy, trainedBy } from '../../src/model/training/methods.ts';
import { ADAMW } from '../../src/model/training/optimisers.ts';
import type { TrainingSpec } from '../../src/model/training/training-graph.ts';
import { TrainingSession } from '../../src/model/training/training-session.ts';
import { counterParameters } from '../fixtures/model/counter-parameters.ts';
import { figureOf, machine, show } from './figures.ts';
import { benchEpoch } from './training-epoch.ts';

const SMALL: EncoderConfig = {
  family: 'bert',
  ...{ vocabulary: 30_522, hidden: 384, layers: 6, heads: 12, intermediate: 1536, maxPositions: 512 },
  ...{ tokenTypes: 2, padId: 0, layerNormEpsilon: 1e-12 },
};
/** roberta-base. */
const BASE: EncoderConfig = {
  family: 'roberta',
  ...{ vocabulary: 50_265, hidden: 768, layers: 12, heads: 12, intermediate: 3072, maxPositions: 514 },
  ...{ tokenTypes: 1, padId: 1, layerNormEpsilon: 1e-5 },
};
const HEADS = [
  { name: 'sentiment', classes: 3 },
  { name: 'topic', classes: 20 },
];
const [ROWS, TOKENS, THREADS] = [16, 64, 2];
const LORA: Method = { kind: 'lora', rank: 8, alpha: 16, dropout: 0, targets: ['query', 'value'] };

/** A session on new weights: it has a copy of them, and no other stays in memory. */
function open(
  config: EncoderConfig,
  method: Method,
  dropout: number,
): { readonly spec: TrainingSpec; readonly session: TrainingSession } {
  const base = [...encoderParameters(config), ...headParameters(config, HEADS)];
  const adapters = method.kind === 'lora' ? loraParameters(config, method, base) : [];
  const spec: TrainingSpec = {
    ...{ config, parameters: [...base, ...adapters], optimiser: ADAMW, maxNorm: 1, seed: 1, sparseWords: true },
    objective: headObjective({ heads: HEADS, smoothing: 0, classWeights: {} }),
    dropout: { hidden: dropout, attention: dropout, classifier: dropout },
    isTrained: trainedBy(method, config),
    rateScale: rateScaleBy(1, config),
    ...(method.kind === 'lora' ? { lora: method } : {}),
  };
  const initial = new Map([...counterParameters(base), ...initialWeights(adapters, 1)]);
  return { spec, session: new TrainingSession(spec, initial, THREADS) };
}

/** Milliseconds of some steps of a method, the first ones left out, and the highest resident memory in MB. */
async function timeSteps(config: EncoderConfig, method: Method, steps: number): Promise<{ ms: number[]; memoryMb: number }> {
  const { spec, session } = open(config, method, 0);
  const rows = Array.from({ length: ROWS }, (_, row) => ({
    ids: Array.from({ length: TOKENS }, (_, i) => 1000 + (((row * TOKENS + i) * 7919) % 29_000)),
    labels: Object.fromEntries(HEADS.map(({ name, classes }) => [name, row % classes])),
  }));
  const batches = spec.objective.batches([rows], config, 0);
  const ms: number[] = [];
  let memoryMb = 0;
  for (let step = -3; step < steps; step += 1) {
    const begin = performance.now();
    await session.step(batches, 1e-5);
    if (step >= 0) ms.push(performance.now() - begin);
    memoryMb = Math.max(memoryMb, process.memoryUsage.rss() / 1e6);
  }
  await session.close();
  return { ms, memoryMb };
}

function torchSteps(python: string, size: 'small' | 'base', steps: number): number[] {
  const script = join(import.meta.dirname, 'torch_step.py');
  return JSON.parse(
    execFileSync(python, [script, size, String(steps)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
}

async function benchStep(
  name: string,
  config: EncoderConfig,
  size: 'small' | 'base',
  rounds: number,
  steps: number,
): Promise<void> {
  const ours: number[] = [];
  const theirs: number[] = [];
  let memory = 0;
  for (let round = 0; round < rounds; round += 1) {
    const { ms, memoryMb } = await timeSteps(config, { kind: 'full' }, steps);
    ours.push(...ms);
    memory = Math.max(memory, memoryMb);
    if (values.python !== undefined) theirs.push(...torchSteps(values.python, size, steps));
  }
  console.log(`${name}, a step                   ${show(figureOf(ours), 'ms')}; resident memory ${memory.toFixed(0)} MB`);
  if (theirs.length === 0) return;
  const ratio = figureOf(theirs).median / figureOf(ours).median;
  console.log(`  the same in PyTorch                  ${show(figureOf(theirs), 'ms')}; we are ${ratio.toFixed(2)} times as fast`);
}

async function benchMethods(): Promise<void> {
  const methods: readonly Method[] = [
    { kind: 'full' },
    LORA,
    { kind: 'top-layers', layers: 2 },
    { kind: 'biases' },
    { kind: 'heads' },
  ];
  const times = new Map<Method, number[]>(methods.map((method) => [method, []]));
  for (let round = 0; round < 3; round += 1)
    for (const method of methods) times.get(method)?.push(...(await timeSteps(SMALL, method, 5)).ms);
  const full = figureOf(times.get(methods[0] as Method) ?? []).median;
  for (const [method, ms] of times) {
    const figure = figureOf(ms);
    console.log(
      `6 x 384, ${method.kind.padEnd(29)} ${show(figure, 'ms')}; ${(full / figure.median).toFixed(2)} times as fast as full`,
    );
  }
}

const { values, positionals } = parseArgs({
  options: { python: { type: 'string' }, data: { type: 'string' } },
  allowPositionals: true,
});
const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  step: () => benchStep('6 x 384, 16 x 64 tokens', SMALL, 'small', 3, 8),
  base: () => benchStep('roberta-base, 16 x 64  ', BASE, 'base', 2, 4),
  methods: benchMethods,
  epoch: async () => {
    if (values.data === undefined) return console.log('An epoch is measured on labelled tweets: name their folder with --data.');
    await benchEpoch(() => open(SMALL, { kind: 'full' }, 0.1), values.data, values.python);
  },
};
console.log(machine());
for (const [name, bench] of Object.entries(BENCHES)) if (positionals.length === 0 || positionals.includes(name)) await bench();
