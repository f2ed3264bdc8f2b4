import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command, Option } from 'commander';
import { readLabels } from '../../../pipelines/labels.ts';
import { BarographError } from '../../domain/errors.ts';
import type { LabelRecord } from '../../domain/records.ts';
import { readColumns } from '../../feeds/text-file.ts';
import { type Inspection, inspect, type LabelledRow } from '../../model/training-data/inspect.ts';
import { splitRows } from '../../model/training-data/split.ts';
import { parseShare, parseWholeNumber } from '../arguments.ts';
import { createOutput, table } from '../output.ts';
import { openExistingStorage, placeOf } from '../storage.ts';

interface Columns {
  readonly text: string;
  readonly label: string;
  readonly json?: true;
}

interface SplitOptions extends Columns {
  readonly output: string;
  readonly seed: number;
  readonly validation: number;
  readonly test: number;
}

interface ExportOptions {
  readonly task: 'sentiment' | 'topic';
  readonly output: string;
  readonly data?: string;
  readonly config?: string;
  readonly json?: true;
}

export function dataCommand(): Command {
  const command = new Command('data').description('Look at labelled data, and part it for training');
  sub(command, 'inspect', 'Labels, lengths, duplicates and contradictions').action(async (files: string[], options: Columns) => {
    createOutput(options.json === true).result(inspect(await readRows(files, options)), describe);
  });
  sub(command, 'split', 'Part rows into train, validation and test; near-duplicates stay together')
    .requiredOption('--output <file>', 'CSV to write: file,row,group,part; rows count from 0')
    .option('--seed <number>', 'another seed gives another split', parseWholeNumber, 1)
    .option('--validation <share>', 'share of the validation part', parseShare, 0.1)
    .option('--test <share>', 'share of the test part', parseShare, 0.1)
    .action(async (files: string[], options: SplitOptions) => {
      if (options.validation + options.test >= 1)
        throw new BarographError('E_USAGE', 'The shares of validation and test leave nothing to train on.');
      const rows = splitRows(await readRows(files, options), options, options.seed);
      const lines = rows.map(({ file, row, group, part }) => `${quoted(file)},${row},${group},${part}\n`);
      await write(options.output, `file,row,group,part\n${lines.join('')}`);
      const of = (part: string): number => rows.filter((row) => row.part === part).length;
      const summary = { output: options.output, train: of('train'), validation: of('validation'), test: of('test') };
      createOutput(options.json === true).result(
        summary,
        (s) => `${s.train} rows to train on, ${s.validation} to validate, ${s.test} to test, in ${s.output}`,
      );
    });
  command
    .command('export')
    .description('Labels of the log (news.labelled) as a file to train on')
    .addOption(new Option('--task <task>', 'which of them').choices(['sentiment', 'topic']).makeOptionMandatory())
    .requiredOption('--output <file>', 'CSV to write: text,entity,label,by,at; the newest label of each text')
    .option('--data <dir>', 'data folder')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print as JSON')
    .action(async (options: ExportOptions) => {
      const labels = await newestLabels(options);
      const lines = labels.map((label) => {
        const fields = [label.text, label.entity ?? '', label[options.task] ?? '', label.by, new Date(label.at).toISOString()];
        return `${fields.map(quoted).join(',')}\n`;
      });
      await write(options.output, `text,entity,label,by,at\n${lines.join('')}`);
      createOutput(options.json === true).result(
        { output: options.output, labels: labels.length },
        (s) => `${s.labels} labels in ${s.output}`,
      );
    });
  return command;
}

/** What was said last of each text and company, in the order in which they were first spoken of. */
async function newestLabels(options: ExportOptions): Promise<readonly LabelRecord[]> {
  const { log, close } = await openExistingStorage(await placeOf(options));
  try {
    const newest = new Map<string, LabelRecord>();
    for await (const label of readLabels(log))
      if (label[options.task] !== undefined) newest.set(`${label.text}\n${label.entity ?? ''}`, label);
    return [...newest.values()];
  } finally {
    await close();
  }
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((cause: unknown) => {
    throw new BarographError('E_OUTPUT_FAILED', `${path} cannot be written.`, { cause });
  });
}

function sub(command: Command, name: string, description: string): Command {
  return command
    .command(name)
    .description(description)
    .argument('<file...>', 'CSV or NDJSON, .gz too')
    .option('--text <column>', 'column, or field, with the text', 'text')
    .option('--label <column>', 'column, or field, with the label', 'label')
    .option('--json', 'print as JSON');
}

async function readRows(files: readonly string[], { text, label }: Columns): Promise<LabelledRow[]> {
  const rows: LabelledRow[] = [];
  for (const path of files) {
    let row = 0;
    for await (const [of = '', as = ''] of readColumns(path, [text, label]))
      rows.push({ file: basename(path), row: row++, text: of, label: as });
  }
  if (rows.length === 0) throw new BarographError('E_INPUT_INVALID', `${files.join(', ')}: there is no row.`);
  return rows;
}

function describe(inspection: Inspection): string {
  const { rows, empty, unlabelled, labels, length, duplicates, contradictions } = inspection;
  return [
    `${rows} rows; ${empty} without a text, ${unlabelled} without a label`,
    `characters: ${length.median} at the median, ${length.p95} at the 95th percentile, ${length.longest} at most`,
    `duplicates: ${duplicates.identical} repeat a text; ${duplicates.near} have a near-duplicate, in ${duplicates.groups} groups`,
    `contradictions: ${contradictions.texts} texts stand under different labels`,
    ...contradictions.examples.map(
      ({ file, text, rows: of }) =>
        `  ${file} ${of.map(({ row, label }) => `${row}: ${label}`).join(', ')}; ${text.slice(0, 80)}`,
    ),
    ...Object.entries(labels).map(([file, counts]) => `\n${table([[file, 'rows'], ...Object.entries(counts)])}`),
  ].join('\n');
}

/** A field of CSV, by RFC 4180. */
function quoted(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
