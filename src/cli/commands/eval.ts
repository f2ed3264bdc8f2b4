import { Command, Option } from 'commander';
import { BarographError } from '../../domain/errors.ts';
import { readColumns } from '../../feeds/text-file.ts';
import { bootstrapIntervals, type Intervals } from '../../model/heads/intervals.ts';
import { type Metrics, measureProbabilities } from '../../model/heads/metrics.ts';
import { openClassifier } from '../../model/serving/classifier.ts';
import type { Classifier, ClassifyInput } from '../../model/serving/port.ts';
import { probabilitiesOf } from '../../model/serving/scores.ts';
import { SENTIMENTS } from '../../model/training-data/labelled-text.ts';
import { groupNearDuplicates } from '../../model/training-data/near-duplicates.ts';
import { labelReader } from '../label-reader.ts';
import { createOutput, table } from '../output.ts';
import { createProgress } from '../progress.ts';
import { DEFAULT_BUNDLE } from '../setup.ts';

interface Options {
  readonly model: string;
  readonly data: string;
  readonly task: 'sentiment' | 'topic';
  readonly text: string;
  readonly label: string;
  readonly entity?: string;
  readonly labels?: string;
  readonly json?: true;
}

interface Evaluation extends Metrics {
  readonly model: string;
  readonly task: Options['task'];
  /** 95 %, over groups of near-duplicates. */
  readonly intervals: Intervals;
}

/** Texts scored at once. */
const CHUNK = 512;

export function evalCommand(): Command {
  return new Command('eval')
    .description('Measure a bundle on labelled data, through the path that serves')
    .requiredOption('--data <file>', 'CSV or NDJSON, .gz too')
    .addOption(new Option('--task <task>', 'what the labels say').choices(['sentiment', 'topic']).makeOptionMandatory())
    .option('--model <dir>', 'model bundle', DEFAULT_BUNDLE)
    .option('--text <column>', 'column, or field, with the text', 'text')
    .option('--label <column>', 'column, or field, with the label', 'label')
    .option('--entity <column>', 'column, or field, with the company that a sentiment label is about')
    .option(
      '--labels <names>',
      "the names of the labels 0, 1, 2, …, separated by commas, where the file has numbers (topics: the bundle's order by default)",
    )
    .option('--json', 'print as JSON')
    .action(async (options: Options) => {
      const classifier = await openClassifier({ bundle: options.model });
      try {
        createOutput(options.json === true).result(await evaluate(classifier, options), describe);
      } finally {
        await classifier.close();
      }
    });
}

async function evaluate(classifier: Classifier, options: Options): Promise<Evaluation> {
  const { data, task } = options;
  const names: readonly string[] = task === 'sentiment' ? SENTIMENTS : classifier.labels.topics;
  const numbered = options.labels?.split(',') ?? (task === 'topic' ? names : undefined);
  const classOf = labelReader({ names, numbered, file: data, hint: '--labels' });
  if (options.entity !== undefined && task === 'topic')
    throw new BarographError('E_USAGE', '--entity: topics are of a text, not of a company in it.');
  const inputs: ClassifyInput[] = [];
  const labels: number[] = [];
  const columns = [options.text, options.label, ...(options.entity === undefined ? [] : [options.entity])];
  for await (const [text = '', label = '', entity = ''] of readColumns(data, columns)) {
    labels.push(classOf(label, labels.length));
    inputs.push({ text, entity });
  }
  if (inputs.length === 0) throw new BarographError('E_INPUT_INVALID', `${data} cannot be used: there is no row.`);
  const probabilities: number[][] = [];
  const progress = createProgress();
  for (let at = 0; at < inputs.length; at += CHUNK) {
    const scores = await classifier.classify(inputs.slice(at, at + CHUNK));
    for (const score of scores) probabilities.push(probabilitiesOf(score, task, names));
    progress.show(`${probabilities.length} of ${inputs.length} rows`);
  }
  progress.end();
  const predicted = probabilities.map((row) => row.indexOf(Math.max(...row)));
  return {
    model: classifier.version,
    task,
    ...measureProbabilities(probabilities, labels, names),
    intervals: bootstrapIntervals(predicted, labels, groupNearDuplicates(inputs.map(({ text }) => text)), names.length),
  };
}

function describe({ model, task, n, accuracy, macroF1, ece, intervals, classes, confusion }: Evaluation): string {
  const between = ({ low, high }: { low: number; high: number }): string => `(${low} to ${high})`;
  return [
    `${model}, ${task}, ${n} rows in ${intervals.groups} groups of near-duplicates; in brackets 95 % intervals over groups`,
    `accuracy ${accuracy} ${between(intervals.accuracy)}, macro-F1 ${macroF1} ${between(intervals.macroF1)}, calibration error ${ece}`,
    '',
    table([['label', 'rows', 'precision', 'recall', 'F1'], ...classes.map((c) => [c.label, c.n, c.precision, c.recall, c.f1])]),
    '',
    table([
      ['is \\ said', ...classes.map((_, column) => String(column + 1))],
      ...confusion.map((row, index) => [`${index + 1} ${classes[index]?.label ?? ''}`, ...row]),
    ]),
  ].join('\n');
}
