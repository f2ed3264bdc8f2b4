import { z } from 'zod';
import { type LabelledText, SENTIMENTS, TASKS, type Task, taskOf } from '../training-data/labelled-text.ts';
import { type Logits, measureLogits } from './evaluation.ts';
import type { Example } from './examples.ts';

export const figuresSchema = z.object({
  n: z.number(),
  accuracy: z.number(),
  macroF1: z.number(),
  /** Mean negative log likelihood, in nats. */
  nll: z.number(),
  /** Expected calibration error. */
  ece: z.number(),
});

/** How a model does on each task that there are texts for. */
export type TaskFigures = Readonly<Partial<Record<Task, z.infer<typeof figuresSchema>>>>;

export type ValidationMetric = 'macro_f1' | 'accuracy' | 'loss';

/** An example that knows what it was made from. */
export interface LabelledExample extends Example {
  readonly of: LabelledText;
}

export function taskFigures(logits: Logits, examples: readonly LabelledExample[], topics: readonly string[]): TaskFigures {
  const figures: Partial<Record<Task, z.infer<typeof figuresSchema>>> = {};
  for (const task of TASKS) {
    const [head, names] = task === 'topic' ? (['topic', topics] as const) : (['sentiment', SENTIMENTS] as const);
    const labels = examples.map(({ of }) => (taskOf(of) === task ? of.label : undefined));
    if (labels.every((label) => label === undefined)) continue;
    const { n, accuracy, macroF1, nll, ece } = measureLogits(logits.get(head) ?? [], labels, names);
    figures[task] = { n, accuracy, macroF1, nll, ece };
  }
  return figures;
}

/** A figure's mean over the tasks, turned so that more is better. */
export function meanFigure(tasks: TaskFigures, metric: ValidationMetric): number {
  const values = Object.values(tasks).map(({ macroF1, accuracy, nll }) =>
    metric === 'macro_f1' ? macroF1 : metric === 'accuracy' ? accuracy : -nll,
  );
  return Math.round((values.reduce((sum, value) => sum + value, 0) / values.length) * 1e4) / 1e4;
}
