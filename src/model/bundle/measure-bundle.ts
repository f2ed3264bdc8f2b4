import { type Metrics, measureProbabilities } from '../heads/metrics.ts';
import { openClassifier } from '../serving/classifier.ts';
import { probabilitiesOf } from '../serving/scores.ts';
import { type LabelledText, SENTIMENTS, TASKS, type Task, taskOf } from '../training-data/labelled-text.ts';

/** A text that a bundle got wrong. */
export interface Mistake {
  readonly task: Task;
  readonly text: string;
  readonly entity?: string;
  readonly label: string;
  readonly predicted: string;
  /** What the bundle gave to each. */
  readonly labelProbability: number;
  readonly predictedProbability: number;
}

/** Figures of a bundle on some texts, through the same path that serves users. */
export interface BundleMeasurement {
  readonly tasks: Readonly<Partial<Record<Task, Metrics>>>;
  /** The same by file, where a task's texts come from several: tweets and headlines differ. */
  readonly byFile: Readonly<Partial<Record<Task, Readonly<Record<string, Metrics>>>>>;
  /** The mistakes that the bundle was surest of. */
  readonly mistakes: readonly Mistake[];
}

const MISTAKES = 50;

/** Throws as `openClassifier` does. */
export async function measureBundle(folder: string, texts: readonly LabelledText[]): Promise<BundleMeasurement> {
  const classifier = await openClassifier({ bundle: folder });
  try {
    const scores = await classifier.classify(texts);
    const tasks: Partial<Record<Task, Metrics>> = {};
    const byFile: Partial<Record<Task, Record<string, Metrics>>> = {};
    const mistakes: Mistake[] = [];
    for (const task of TASKS) {
      const [head, names] =
        task === 'topic' ? (['topic', classifier.labels.topics] as const) : (['sentiment', SENTIMENTS] as const);
      const rows = texts.flatMap((text, i) => {
        const score = scores[i];
        return taskOf(text) !== task || score === undefined ? [] : [{ text, probabilities: probabilitiesOf(score, head, names) }];
      });
      if (rows.length === 0) continue;
      const measure = (of: typeof rows): Metrics =>
        measureProbabilities(
          of.map(({ probabilities }) => probabilities),
          of.map(({ text }) => text.label),
          names,
        );
      tasks[task] = measure(rows);
      const files = Map.groupBy(rows, ({ text }) => text.file);
      if (files.size > 1) byFile[task] = Object.fromEntries([...files].map(([file, of]) => [file, measure(of)]));
      mistakes.push(...rows.flatMap(({ text, probabilities }) => mistakeOf(text, task, probabilities, names)));
    }
    mistakes.sort((a, b) => b.predictedProbability - a.predictedProbability);
    return { tasks, byFile, mistakes: mistakes.slice(0, MISTAKES) };
  } finally {
    await classifier.close();
  }
}

function mistakeOf(text: LabelledText, task: Task, probabilities: readonly number[], names: readonly string[]): Mistake[] {
  const most = Math.max(...probabilities);
  const predicted = probabilities.indexOf(most);
  if (predicted === text.label) return [];
  return [
    {
      ...{ task, text: text.text, label: names[text.label] ?? '', predicted: names[predicted] ?? '' },
      ...(text.entity === undefined ? {} : { entity: text.entity }),
      ...{ labelProbability: probabilities[text.label] ?? 0, predictedProbability: most },
    },
  ];
}
