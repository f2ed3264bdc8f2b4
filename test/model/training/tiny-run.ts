import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EncoderConfig } from '../../../src/model/checkpoint/encoder-config.ts';
import { encoderParameters, type Parameters } from '../../../src/model/checkpoint/parameters.ts';
import type { Example } from '../../../src/model/training/examples.ts';
import { headObjective } from '../../../src/model/training/head-objective.ts';
import { headParameters } from '../../../src/model/training/heads.ts';
import type { Objective } from '../../../src/model/training/objective.ts';
import { ADAMW } from '../../../src/model/training/optimisers.ts';
import { type RecordedRun, recordedRun } from '../../../src/model/training/recorded-run.ts';
import type { TrainingOptions } from '../../../src/model/training/trainer.ts';
import type { TrainingSpec } from '../../../src/model/training/training-graph.ts';
import { counterParameters } from '../../fixtures/model/counter-parameters.ts';

const CONFIG: EncoderConfig = {
  family: 'roberta',
  ...{ vocabulary: 40, hidden: 16, layers: 2, heads: 2, intermediate: 24 },
  ...{ maxPositions: 20, tokenTypes: 1, padId: 1, layerNormEpsilon: 1e-5 },
};

/** The heads of the tiny model. */
export const HEADS = [{ name: 'tone', classes: 3 }];

export function tinyObjective(smoothing = 0): Objective {
  return headObjective({ heads: HEADS, smoothing, classWeights: {} });
}

/** A model that is small enough to train in a test, dropout included. */
export function tinySpec(changes: Partial<TrainingSpec> = {}): { spec: TrainingSpec; initial: Parameters } {
  const parameters = [...encoderParameters(CONFIG), ...headParameters(CONFIG, HEADS)];
  const spec: TrainingSpec = {
    ...{ config: CONFIG, objective: tinyObjective(), parameters, isTrained: () => true, rateScale: () => 1, optimiser: ADAMW },
    ...{ maxNorm: 1, dropout: { hidden: 0.1, attention: 0.1, classifier: 0.1 }, seed: 3, sparseWords: true },
    ...changes,
  };
  const zeroHeads = [...counterParameters(parameters)].map(([name, { shape, data }]) => {
    const begin = name.startsWith('heads') ? new Float32Array(data.length) : data;
    return [name, { shape, data: begin }] as const;
  });
  return { spec, initial: new Map(zeroHeads) };
}

/** Texts whose class is that of the word they hold: 10, 11 or 12, among others. */
export function tinyExamples(count: number): Example[] {
  return Array.from({ length: count }, (_, n) => {
    const filler = Array.from({ length: 2 + (n % 5) }, (_, i) => 15 + ((n * 7 + i * 11) % 25));
    return { ids: [0, ...filler, 10 + (n % 3), 2], labels: { tone: n % 3 } };
  });
}

export function tinyOptions(changes: Partial<TrainingOptions> = {}): TrainingOptions {
  return {
    ...{
      spec: tinySpec().spec,
      examples: tinyExamples(60),
      epochs: 3,
      batches: { maxRows: 8, maxTokens: 64 },
      accumulate: 1,
    },
    ...{ schedule: { kind: 'linear', rate: 0.01, warmUp: 0.1 }, threads: 1, validateEvery: 5, patience: 100 },
    ...{ validate: async (_: Parameters, step: number) => step, onBest: () => undefined },
    ...changes,
  } as TrainingOptions;
}

/** A run that is recorded in a folder, whose every validation finds a better model; one of them may fail. */
export function tinyRun(folder: string, { failAt }: { readonly failAt?: number } = {}): Promise<RecordedRun> {
  const { validate: _, onBest: __, validateEvery: ___, ...options } = tinyOptions();
  let validations = 0;
  return recordedRun(
    options,
    { folder, every: 0.5, listener: {} },
    async () => {
      validations += 1;
      if (validations === failAt) throw new Error('as if it were killed');
      return { value: readFileSync(join(folder, 'history.ndjson'), 'utf8').split('\n').length, tasks: {} };
    },
    tinySpec().initial,
  );
}
