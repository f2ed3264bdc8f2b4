/*
 * Measures serving beside transformers.js, with the same weights, in turn:
 *
 *     npm run bench:serve -- --model DIR --data FOLDER --python PATH --transformers FOLDER [NAME…]
 *
 * Names: backlog, alone, base, int8; all by default. `--model` is the model/ folder of a training, `--python` has what `onnx_q8.py` needs, and
 * `--transformers` is a folder in which `npm install @huggingface/transformers` was run.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { calibrate } from '../../src/model/bundle/calibrate.ts';
import { type FineTuned, readFineTuned } from '../../src/model/bundle/fine-tuned.ts';
import { bundleOf, servedModel, servedOutputs } from '../../src/model/bundle/publish.ts';
import { writeBundle } from '../../src/model/bundle/write-bundle.ts';
import { checkpointFiles, readCheckpoint } from '../../src/model/checkpoint/checkpoint-folder.ts';
import { writeWholeFolder } from '../../src/model/checkpoint/whole-folder.ts';
import { padBatch } from '../../src/model/serving/batches.ts';
import { openClassifier } from '../../src/model/serving/classifier.ts';
import { openOnnxRuntimeSession } from '../../src/model/serving/onnxruntime-session.ts';
import { classifyInCalls, readHeadlines } from './classifier.ts';
import { figureOf, machine, show } from './figures.ts';

const SINGLES = 300;
const ROUNDS = 5;

interface Times {
  /** Texts a second. */
  readonly rate: number;
  /** Milliseconds of texts alone. */
  readonly latencies: readonly number[];
}

/** As a pipeline asks: calls of 256 with two in flight, in order of arrival. */
async function timeOurs(bundle: string, texts: readonly string[]): Promise<Times> {
  const classifier = await openClassifier({ bundle });
  try {
    await classifier.classify(texts.slice(0, 64).map((text) => ({ text })));
    const begin = performance.now();
    await classifyInCalls(classifier, texts);
    const rate = (1000 * texts.length) / (performance.now() - begin);
    const latencies: number[] = [];
    for (const text of texts.slice(0, SINGLES)) {
      const from = performance.now();
      await classifier.classify([{ text }]);
      latencies.push(performance.now() - from);
    }
    return { rate, latencies };
  } finally {
    await classifier.close();
  }
}

function timeTheirs(model: string, texts: readonly string[]): Times {
  const input = JSON.stringify({ module: resolve(required('transformers')), model, texts, singles: SINGLES });
  const script = join(import.meta.dirname, 'transformers-js.mjs');
  return JSON.parse(execFileSync(process.execPath, [script], { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'inherit'] }));
}

/** One model, both ways: as our int8 bundle and as transformers.js's q8. */
async function compare(name: string, model: FineTuned, texts: readonly string[], rounds: number): Promise<void> {
  const [checkpoint, q8, bundle] = ['checkpoint', 'q8', 'bundle'].map((part) => join(work, name, part)) as [
    string,
    string,
    string,
  ];
  // What the tokenizer file says holds for transformers.js, what the bundle says for us.
  const limit = { ...JSON.parse(model.checkpoint.tokenizerConfig), model_max_length: model.settings.maxTokens };
  writeWholeFolder(checkpoint, checkpointFiles({ ...model.checkpoint, tokenizerConfig: JSON.stringify(limit) }));
  python('onnx_q8.py', checkpoint, q8);
  writeBundle(bundle, bundleOf(model, 'int8', { name, metrics: {}, card: '' }));
  const [ours, theirs]: [Times[], Times[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await timeOurs(bundle, texts));
    theirs.push(timeTheirs(q8, texts));
  }
  const rates = [ours, theirs].map((of) => of.map(({ rate }) => rate));
  const latencies = [ours, theirs].map((of) => of.map(({ latencies: own }) => figureOf(own).median));
  // Neighbours come and go on a shared machine: what ran one after the other is compared.
  const ratio = ([own = [], other = []]: readonly number[][]): string =>
    show(figureOf(own.map((value, round) => value / (other[round] ?? 1))), 'times', 2);
  console.log(`${name}, ${texts.length} texts`);
  for (const [i, who] of ['ours', 'transformers.js'].entries()) {
    const [rate, latency] = [figureOf(rates[i] ?? []), figureOf(latencies[i] ?? [])];
    console.log(`  ${who.padEnd(16)} ${show(rate, 'texts/s')}; alone, median ${show(latency, 'ms', 2)}`);
  }
  console.log(`  ours / theirs    ${ratio(rates)} the texts, ${ratio(latencies)} the latency, round by round`);
}

/** 32 texts of 32 tokens, one session of two threads. */
async function compareInt8(model: FineTuned): Promise<void> {
  const batch = padBatch(
    Array.from({ length: 32 }, (_, row) => ({
      ids: Array.from({ length: 32 }, (_, i) => 1000 + (((row * 32 + i) * 7919) % 20_000)),
    })),
    model.checkpoint.config.padId,
  );
  const rates = { int8: [] as number[], fp32: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const precision of ['int8', 'fp32'] as const) {
      const session = await openOnnxRuntimeSession(servedModel(model, precision), servedOutputs(model), 2);
      for (let run = -3; run < 20; run += 1) {
        const begin = performance.now();
        await session.run(batch);
        if (run >= 0) rates[precision].push((1000 * batch.batch) / (performance.now() - begin));
      }
      await session.close();
    }
  }
  const [int8, fp32] = [figureOf(rates.int8), figureOf(rates.fp32)];
  console.log(`encoder alone, 32 x 32 tokens: int8 ${show(int8, 'texts/s')}, fp32 ${show(fp32, 'texts/s')}`);
  console.log(`  int8 / fp32      ${(int8.median / fp32.median).toFixed(2)}`);
}

/** roberta-base by its size, with random weights. */
async function randomBase(texts: readonly string[]): Promise<FineTuned> {
  const folder = join(work, 'random-base');
  python('onnx_q8.py', '--roberta-base', join(required('data'), '../models/roberta-tokenizer'), folder);
  const checkpoint = readCheckpoint(folder);
  const head = (classes: number) => {
    const features = checkpoint.config.hidden;
    return { classes, features, weight: new Float32Array(classes * features), bias: new Float32Array(classes) };
  };
  const heads = { sentiment: head(3), topic: head(20) };
  const topics = Array.from({ length: 20 }, (_, topic) => `topic ${topic}`);
  const ranges = texts.slice(0, 64).map((text) => ({ text }));
  return calibrate({ checkpoint, heads, topics, maxTokens: 32 }, { ranges, labelled: [] }, 'int8');
}

function python(script: string, ...args: readonly string[]): void {
  execFileSync(required('python'), [join(import.meta.dirname, script), ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}

function required(name: 'model' | 'data' | 'python' | 'transformers'): string {
  const value = values[name];
  if (value === undefined) throw new Error(`--${name} is needed: see the head of test/bench/serve.ts`);
  return value;
}

const option = { type: 'string' } as const;
const { values, positionals } = parseArgs({
  options: { model: option, data: option, python: option, transformers: option },
  allowPositionals: true,
});
const work = mkdtempSync(join(tmpdir(), 'barograph-bench-'));
const headlines = (count: number): readonly string[] => readHeadlines(required('data'), 1).slice(0, count);
/** Of 32 tokens and more, of which 32 are read. */
const longTexts = (): readonly string[] => {
  const all = headlines(4 * 320);
  return Array.from({ length: 320 }, (_, i) => all.slice(4 * i, 4 * i + 4).join(' '));
};
const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  backlog: () => compare('default', readFineTuned(required('model')), headlines(20_000), ROUNDS),
  alone: () => compare('default-short-rounds', readFineTuned(required('model')), headlines(SINGLES), 12),
  base: async () => compare('roberta-base', await randomBase(longTexts()), longTexts(), 3),
  int8: () => compareInt8(readFineTuned(required('model'))),
};
console.log(machine());
try {
  for (const [name, bench] of Object.entries(BENCHES)) if (positionals.length === 0 || positionals.includes(name)) await bench();
} finally {
  rmSync(work, { recursive: true });
}
