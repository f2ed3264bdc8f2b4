import type { Metrics } from '../heads/metrics.ts';
import { TASKS, type Task } from '../training-data/labelled-text.ts';
import type { FineTuned } from './fine-tuned.ts';
import type { BundleMeasurement } from './measure-bundle.ts';

const TO_BE_ADDED = `## To be added by whoever publishes this
Licences of the encoder and of the data, what the bundle is meant for, and where it fails.`;

const TASK_NAMES: Readonly<Record<Task, string>> = {
  topic: 'topic',
  sentiment: 'sentiment',
  entity: 'sentiment towards entities',
};

/** The figures of a bundle's card, as a table in Markdown: the test part by task and file, then the validation part. */
export function figuresTable(test: BundleMeasurement | undefined, validation: BundleMeasurement): string {
  const rows = (part: string, { tasks, byFile }: BundleMeasurement): string[] =>
    TASKS.flatMap((task) => {
      const metrics = tasks[task];
      if (metrics === undefined) return [];
      const files = Object.entries(byFile[task] ?? {}).map(([file, own]) => row(part, `${TASK_NAMES[task]}, ${file}`, own));
      return [row(part, TASK_NAMES[task], metrics), ...files];
    });
  return [
    '| part | task | texts | accuracy | macro-F1 | calibration error | likelihood |',
    '|---|---|---|---|---|---|---|',
    ...(test === undefined ? [] : rows('test', test)),
    ...rows('validation', validation),
  ].join('\n');
}

/** Each class of a task, as a table in Markdown. */
export function classTable(task: Task, { classes }: Metrics): string {
  const lines = classes.map(
    ({ label, n, precision, recall, f1 }) =>
      `| ${label.replaceAll('|', '\\|')} | ${n} | ${precision.toFixed(3)} | ${recall.toFixed(3)} | ${f1.toFixed(3)} |`,
  );
  return [`| ${TASK_NAMES[task]} | texts | precision | recall | F1 |`, '|---|---|---|---|---|', ...lines].join('\n');
}

function row(part: string, name: string, { n, accuracy, macroF1, ece, nll }: Metrics): string {
  return `| ${part} | ${name} | ${n} | ${(100 * accuracy).toFixed(1)} % | ${macroF1.toFixed(3)} | ${ece.toFixed(3)} | ${nll.toFixed(3)} |`;
}

export interface CardFacts {
  readonly name: string;
  /** What the encoder is, and where it came from. */
  readonly encoder: string;
  /** Files and rows that it was trained on. */
  readonly data: readonly string[];
  /** How it was trained, as names and values. */
  readonly training: Readonly<Record<string, string | number>>;
  readonly test: BundleMeasurement | undefined;
  readonly validation: BundleMeasurement;
}

/** The CARD.md of a bundle that was published again from a fine-tuned model, without data to measure it on. */
export function exportedCard(name: string, precision: string, { checkpoint, settings }: FineTuned): string {
  const { family, layers, hidden } = checkpoint.config;
  return `# ${name}

An encoder of the ${family} family (${layers} layers, hidden ${hidden}), fine-tuned with heads for sentiment and topic on the mean of its last layer; in ${precision}.

- texts: up to ${settings.maxTokens} tokens
- sentiment towards a company in a text: ${settings.entities ? 'yes' : 'no'}
- topics: ${settings.heads.topic.labels.join(', ')}

## Figures
Not measured in this form: \`barograph eval --model DIR --data FILE --task sentiment\` measures it.

${TO_BE_ADDED}
`;
}

/** The CARD.md of a bundle that a user trained: what is known of it, and what its maker should add. */
export function trainedCard({ name, encoder, data, training, test, validation }: CardFacts): string {
  const classes = TASKS.flatMap((task) => {
    const metrics = (test ?? validation).tasks[task];
    return metrics === undefined ? [] : [classTable(task, metrics)];
  });
  return `# ${name}

${encoder}, fine-tuned with heads for sentiment and topic on the mean of its last layer.

## Figures
Through the serving path, probabilities calibrated and rounded to 4 decimals. The validation part chose the step and the temperatures${test === undefined ? '. No text was kept for testing, so these figures flatter' : '; nothing was chosen by the test part'}.

${figuresTable(test, validation)}

${classes.join('\n\n')}

## Data
${data.map((line) => `- ${line}`).join('\n')}

## Training
${Object.entries(training)
  .map(([key, value]) => `- ${key}: ${value}`)
  .join('\n')}

${TO_BE_ADDED}
`;
}
