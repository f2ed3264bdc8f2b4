import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { Command } from 'commander';
import { BarographError } from '../../domain/errors.ts';
import { readColumns } from '../../feeds/text-file.ts';
import { openClassifier } from '../../model/serving/classifier.ts';
import { asksEntity, type Classifier, type ClassifyInput, type Score } from '../../model/serving/port.ts';
import { createOutput } from '../output.ts';
import { createProgress } from '../progress.ts';
import { DEFAULT_BUNDLE } from '../setup.ts';

interface Options {
  readonly input: string;
  readonly text: string;
  readonly entity?: string;
  readonly model: string;
  readonly output: string;
  readonly json?: true;
}

/** Rows scored at once, and how many such chunks: long enough to sort by length, short enough to stay small in memory. */
const CHUNK = 512;

export function classifyCommand(): Command {
  return new Command('classify')
    .description('Score the texts of a file, one line of JSON a row, in the order of the input')
    .requiredOption('--input <file>', 'CSV or NDJSON, .gz too')
    .requiredOption('--text <column>', 'column, or field, with the text')
    .option(
      '--entity <column>',
      "column, or field, with the company to ask the sentiment about; where it is blank, the text's own",
    )
    .requiredOption('--output <file>', 'NDJSON to write; - for stdout')
    .option('--model <dir>', 'model bundle', DEFAULT_BUNDLE)
    .option('--json', 'print a summary as JSON (unless the output is stdout)')
    .action(async (options: Options) => {
      const classifier = await openClassifier({ bundle: options.model });
      try {
        const startedAt = performance.now();
        const rows = await classifyFile(classifier, options);
        const seconds = (performance.now() - startedAt) / 1000;
        const summary = { rows, output: options.output, model: classifier.version, textsPerSecond: Math.round(rows / seconds) };
        if (options.output === '-') return;
        createOutput(options.json === true).result(
          summary,
          (s) => `${s.rows} rows scored by ${s.model} at ${s.textsPerSecond} texts a second into ${s.output}`,
        );
      } finally {
        await classifier.close();
      }
    });
}

/** Writes beside the output and renames at the end, so that a result is whole or not there. Devices and pipes are written to directly. */
async function classifyFile(classifier: Classifier, { input, text, entity, output }: Options): Promise<number> {
  const direct = output === '-' || output.startsWith('/dev/');
  const target = direct ? output : `${output}.partial`;
  const stream = output === '-' ? process.stdout : createWriteStream(target);
  const failed = new Promise<never>((_, reject) => {
    stream.once('error', (cause) =>
      reject(new BarographError('E_OUTPUT_FAILED', `The scores cannot be written to ${output} (${cause.message}).`, { cause })),
    );
  });
  failed.catch(() => undefined);
  const progress = createProgress();
  let row = 0;
  const write = async (inputs: readonly ClassifyInput[]): Promise<void> => {
    const scores = await scoreWhole(classifier, inputs);
    const lines = scores.map(({ sentiment, topics }, index) => `${JSON.stringify({ row: row + index, sentiment, topics })}\n`);
    row += inputs.length;
    if (!stream.write(lines.join('')))
      await Promise.race([new Promise<void>((resolve) => stream.once('drain', () => resolve())), failed]);
    progress.show(`${row} rows`);
  };
  try {
    let chunk: ClassifyInput[] = [];
    for await (const [each = '', about = ''] of readColumns(input, entity === undefined ? [text] : [text, entity])) {
      chunk.push({ text: each, entity: about });
      if (chunk.length < CHUNK) continue;
      await write(chunk);
      chunk = [];
    }
    if (chunk.length > 0) await write(chunk);
    if (output !== '-') {
      stream.end();
      await Promise.race([finished(stream), failed]);
    }
    if (!direct) await rename(target, output);
    return row;
  } catch (error) {
    if (!direct) await rm(target, { force: true });
    throw error;
  } finally {
    progress.end();
  }
}

/** Topics are a text's, so one that is asked about an entity is scored alone too. */
async function scoreWhole(classifier: Classifier, inputs: readonly ClassifyInput[]): Promise<readonly Score[]> {
  const scores = await classifier.classify([...inputs.map(({ text }) => ({ text })), ...inputs.filter(asksEntity)]);
  let next = inputs.length;
  return inputs.map((input, i) => {
    const whole = scores[i] as Score; // one for each input
    return asksEntity(input) ? { ...whole, sentiment: scores[next++]?.sentiment ?? whole.sentiment } : whole;
  });
}
