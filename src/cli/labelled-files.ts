import { basename } from 'node:path';
import type { TrainingConfig } from '../config/training.ts';
import { BarographError } from '../domain/errors.ts';
import { readColumns } from '../feeds/text-file.ts';
import { prepareText } from '../model/text-preparation.ts';
import type { FineTuningData } from '../model/training/fine-tuning.ts';
import { type LabelledText, PARTS, type Part, SENTIMENTS } from '../model/training-data/labelled-text.ts';
import { splitRows } from '../model/training-data/split.ts';
import { labelReader } from './label-reader.ts';

/** A row as it stands in its file. */
interface Row {
  readonly source: TrainingConfig['data'][number];
  readonly file: string;
  readonly row: number;
  readonly text: string;
  readonly label: string;
  readonly entity: string | undefined;
}

/** Shown of what is wrong in many rows. */
const EXAMPLES = 3;

/**
 * The labelled texts of a training configuration, each with its class and part. `known` are the topics of the model that training
 * starts from. Rejects with E_INPUT_MISSING or E_INPUT_INVALID: an empty file, a missing column, a label outside the set, one class
 * only, equal texts with different labels, a row that the split does not list.
 */
export async function readLabelledFiles(
  config: TrainingConfig,
  known: readonly string[] | undefined,
  note: (text: string) => void,
): Promise<FineTuningData> {
  const rows = withoutContradictions((await Promise.all(config.data.map(readRows))).flat(), config, note);
  const given = config.topics ?? known;
  const topics = given ?? topicsOf(rows);
  const readers = new Map(config.data.map((source) => [source, readerOf(source, topics, given)]));
  const partOf = await partsOf(rows, config);
  const texts = rows.map(({ source, file, row, text, label, entity }, i): LabelledText => {
    const read = readers.get(source)?.(label, row) ?? 0; // there is one for each source
    const own = { text, head: source.task, label: read, part: partOf(i), file, row };
    return entity === undefined ? own : { ...own, entity };
  });
  for (const head of ['sentiment', 'topic'] as const) checkClasses(texts, head, known !== undefined);
  return { texts, topics };
}

async function readRows(source: TrainingConfig['data'][number]): Promise<Row[]> {
  const { file: path, text, label, entity } = source;
  const rows: Row[] = [];
  for await (const [read = '', of = '', about = ''] of readColumns(
    path,
    entity === undefined ? [text, label] : [text, label, entity],
  )) {
    const asked = about.trim() === '' ? undefined : about;
    rows.push({ source, file: basename(path), row: rows.length, text: read, label: of, entity: asked });
  }
  if (rows.length === 0) throw invalid(path, 'there is no row');
  return rows;
}

/** Labels of the topic files, by name; numbers that are names stay what they are. */
function topicsOf(rows: readonly Row[]): readonly string[] {
  const named = rows
    .filter(({ source }) => source.task === 'topic')
    .map(({ source, label }) => source.labels?.[Number(label)] ?? label);
  return [...new Set(named)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** `given` are the topics whose order somebody chose: numbers in a file are places in it. */
function readerOf(
  { file, task, labels }: TrainingConfig['data'][number],
  topics: readonly string[],
  given: readonly string[] | undefined,
): (label: string, row: number) => number {
  const [names, numbered] = task === 'sentiment' ? [SENTIMENTS, labels] : [topics, labels ?? given];
  return labelReader({ names, numbered, found: task === 'topic' && given === undefined, file, hint: 'labels' });
}

function withoutContradictions(
  rows: readonly Row[],
  { contradictions }: TrainingConfig,
  note: (text: string) => void,
): readonly Row[] {
  const keyOf = ({ source, text, entity = '' }: Row): string => `${source.task}\n${prepareText(text)}\n${entity}`;
  const found = [...Map.groupBy(rows, keyOf).values()].filter((equal) => new Set(equal.map(({ label }) => label)).size > 1);
  if (found.length === 0 || contradictions === 'keep') return rows;
  if (contradictions === 'drop') {
    const dropped = new Set(found.flat());
    note(`${dropped.size} rows are left out: they are ${found.length} texts with different labels.`);
    return rows.filter((row) => !dropped.has(row));
  }
  const shown = found.slice(0, EXAMPLES).map((equal) => {
    const places = equal.slice(0, EXAMPLES).map(({ file, row, label }) => `${file} row ${row}: ${label}`);
    return `  ${JSON.stringify(equal[0]?.text.slice(0, 80))} (${places.join('; ')})`;
  });
  throw new BarographError(
    'E_INPUT_INVALID',
    `${found.length} texts stand with different labels. Mend them, or set contradictions: drop or keep. The first:\n${shown.join('\n')}`,
  );
}

/** The part of each row, by its index. */
async function partsOf(rows: readonly Row[], { split, seed }: TrainingConfig): Promise<(index: number) => Part> {
  const { file } = split;
  if (file === undefined) {
    const parts = splitRows(rows, split, seed);
    return (i) => parts[i]?.part ?? 'train';
  }
  const listed = new Map<string, Part>();
  let line = 0;
  for await (const [name = '', row = '', part = ''] of readColumns(file, ['file', 'row', 'part'])) {
    const known = PARTS.find((one) => one === part);
    if (known === undefined) throw invalid(file, `row ${line}: the part ${JSON.stringify(part)} is none of ${PARTS.join(', ')}`);
    listed.set(`${basename(name)}\n${Number(row)}`, known);
    line += 1;
  }
  return (i) => {
    const at = rows[i];
    const part = listed.get(`${at?.file}\n${at?.row}`);
    if (part === undefined) throw invalid(file, `it does not list ${at?.file} row ${at?.row}`);
    return part;
  };
}

function checkClasses(texts: readonly LabelledText[], head: LabelledText['head'], hasHeads: boolean): void {
  const own = texts.filter((text) => text.head === head && text.part === 'train');
  if (own.length === 0 && hasHeads) return; // it stays as it is
  if (own.length === 0)
    throw new BarographError(
      'E_INPUT_INVALID',
      `No row to train on has a ${head} label: a model answers both, so give data of both, or start from a model that has the head.`,
    );
  if (new Set(own.map(({ label }) => label)).size < 2)
    throw new BarographError(
      'E_INPUT_INVALID',
      `All ${own.length} rows with a ${head} label have the same one: there is nothing to tell apart.`,
    );
}

const invalid = (path: string, reason: string): BarographError =>
  new BarographError('E_INPUT_INVALID', `${path} cannot be used: ${reason}.`, { facts: { path } });
