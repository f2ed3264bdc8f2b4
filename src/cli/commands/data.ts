import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command } from 'commander';
import { BarographError } from '../../domain/errors.ts';
import { readColumns } from '../../feeds/text-file.ts';
import { type Inspection, inspect, type LabelledRow } from '../../model/training-data/inspect.ts';
import { splitRows } from '../../model/training-data/split.ts';
import { parseShare, parseWholeNumber } from '../arguments.ts';
import { createOutput, table } from '../output.ts';

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
      await writeFile(options.output, `file,row,group,part\n${lines.join('')}`).catch((cause: unknown) => {
        throw new BarographError('E_OUTPUT_FAILED', `The split cannot be written to ${options.output}.`, { cause });
      });
      const of = (part: string): number => rows.filter((row) => row.part === part).length;
      const summary = { output: options.output, train: of('train'), validation: of('validation'), test: of('test') };
      createOutput(options.json === true).result(
        summary,
        (s) => `${s.train} rows to train on, ${s.validation} to validate, ${s.test} to test, in ${s.output}`,
      );
    });
  return command;
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
