import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import type { TrainingConfig } from '../config/training.ts';
import { BarographError } from '../domain/errors.ts';
import { calibrate } from '../model/bundle/calibrate.ts';
import { trainedCard } from '../model/bundle/card.ts';
import { type FineTuned, writeFineTuned } from '../model/bundle/fine-tuned.ts';
import type { BundleMeasurement } from '../model/bundle/measure-bundle.ts';
import { publishBundle } from '../model/bundle/publish-bundle.ts';
import { openTextEncoder } from '../model/serving/text-encoder.ts';
import { type FineTuningData, fineTune, type Tuned } from '../model/training/fine-tuning.ts';
import { trainingReport } from '../model/training/report.ts';
import { PARTS, TASKS, type Task } from '../model/training-data/labelled-text.ts';
import { readLabelledFiles } from './labelled-files.ts';
import { type Output, table } from './output.ts';
import { openStart, startOf } from './start-model.ts';
import { trainingProgress } from './training-progress.ts';

/** What a training run prints at its end. */
export interface RunResult {
  readonly bundle: string;
  readonly model: string;
  readonly report: string;
  readonly steps: number;
  readonly stoppedEarly: boolean;
  readonly best: Tuned['best'];
  readonly validation: BundleMeasurement['tasks'];
  /** Without when no text was kept for testing. */
  readonly test?: BundleMeasurement['tasks'];
}

/** Reads, trains, calibrates, publishes and measures. What was in the output folder stays until there is something to replace it. */
export async function trainingRun(config: TrainingConfig, output: Output): Promise<RunResult> {
  const { start, output: folder } = config;
  const opened = openStart(start, config.maxTokens, 'max_tokens');
  const { checkpoint } = opened;
  const data = await readLabelledFiles(config, opened.tuned?.settings.heads.topic.labels, output.note);
  const encode = openTextEncoder(checkpoint, checkpoint.config.family, config.maxTokens);
  const cut = data.texts.filter(({ text, entity }) => encode(text, entity).ids.length >= config.maxTokens).length;
  const long = cut === 0 ? '' : `; ${cut} fill or exceed ${config.maxTokens} tokens and lose their end`;
  output.note(`${countParts(data)}${long}.`);
  const progress = trainingProgress();
  const { rate, optimiser } = config.optimizer;
  const settings = { ...config, rate, optimiser, threads: config.threads ?? availableParallelism() };
  const tuned = await fineTune(startOf(opened), data, encode, settings, folder, progress).finally(() => progress.end());
  const trained = { checkpoint: { ...checkpoint, parameters: tuned.encoder }, heads: tuned.heads };
  const precision = config.int8 ? 'int8' : 'fp32';
  const model = await calibrate(
    { ...trained, topics: data.topics, maxTokens: config.maxTokens },
    { ranges: partOf(data, 'train'), labelled: partOf(data, 'validation') },
    precision,
  );
  return publish(config, data, tuned, model);
}

async function publish(config: TrainingConfig, data: FineTuningData, tuned: Tuned, model: FineTuned): Promise<RunResult> {
  const { output: folder, name } = config;
  const precision = config.int8 ? 'int8' : 'fp32';
  const [bundle, report] = [join(folder, 'bundle'), join(folder, 'report.html')];
  writeFineTuned(join(folder, 'model'), model);
  const facts = runFacts(config, data, tuned);
  const { family, layers, hidden } = model.checkpoint.config;
  const encoder = `An encoder of the ${family} family (${layers} layers, hidden ${hidden}) from ${basename(config.start)}`;
  const files = config.data.map(
    ({ file, task, entity }) => `${basename(file)}: ${entity === undefined ? task : 'sentiment towards entities'}`,
  );
  const { validation, test } = await publishBundle(bundle, model, data.texts, {
    ...{ name, precision, training: facts },
    card: (measured) => trainedCard({ name, encoder, data: files, training: facts, ...measured }),
  });
  const { history, best, steps, stoppedEarly } = tuned;
  writeReport(report, trainingReport({ title: `Training of ${name}`, facts, history, bestStep: best.step, validation, test }));
  return {
    ...{ bundle, model: join(folder, 'model'), report, steps, stoppedEarly, best, validation: validation.tasks },
    ...(test === undefined ? {} : { test: test.tasks }),
  };
}

const partOf = ({ texts }: FineTuningData, part: string) => texts.filter((text) => text.part === part);

function countParts(data: FineTuningData): string {
  const [train, validation, test] = PARTS.map((part) => partOf(data, part).length);
  return `${train} texts to train on, ${validation} to validate, ${test} to test, ${data.topics.length} topics`;
}

function runFacts(config: TrainingConfig, data: FineTuningData, { steps, best }: Tuned): Record<string, string | number> {
  const { method, optimizer, schedule, validation } = config;
  return {
    start: basename(config.start),
    texts: countParts(data),
    method: Object.values(method).flat().join(' '),
    optimizer: `${optimizer.optimiser.kind}, rate ${optimizer.rate}, decay ${optimizer.optimiser.weightDecay}`,
    schedule: `${schedule.kind}, warm-up ${schedule.warmup}`,
    epochs: config.epochs,
    batches: `${config.batches.maxRows} texts, ${config.batches.maxTokens} tokens, ${config.accumulation} a step`,
    dropout: Object.values(config.dropout).join(' '),
    'label smoothing': config.smoothing,
    'class weights': config.classWeights,
    'layer decay': config.layerDecay,
    seed: config.seed,
    steps,
    'best step': `${best.step} (${validation.metric} ${best.value})`,
  };
}

function writeReport(path: string, html: string): void {
  try {
    writeFileSync(path, html);
  } catch (cause) {
    throw new BarographError('E_OUTPUT_FAILED', `The report cannot be written to ${path}.`, { cause });
  }
}

/** The result for a person. */
export function describeRun({ bundle, report, steps, stoppedEarly, best, validation, test }: RunResult): string {
  const row = (part: string, task: Task, of: BundleMeasurement['tasks'] | undefined): (string | number)[][] => {
    const metrics = of?.[task];
    return metrics === undefined ? [] : [[part, task, metrics.n, metrics.accuracy, metrics.macroF1, metrics.ece]];
  };
  return [
    `${steps} steps${stoppedEarly ? ', stopped early' : ''}; the model of step ${best.step} is kept`,
    table([
      ['part', 'task', 'rows', 'accuracy', 'macro-F1', 'calibration error'],
      ...TASKS.flatMap((task) => row('validation', task, validation)),
      ...TASKS.flatMap((task) => row('test', task, test)),
    ]),
    `bundle: ${bundle}`,
    `report: ${report}`,
  ].join('\n');
}
