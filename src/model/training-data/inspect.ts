import { prepareText } from '../text-preparation.ts';
import { groupNearDuplicates } from './near-duplicates.ts';

/** A row of a labelled file, as it stands there. */
export interface LabelledRow {
  readonly file: string;
  /** From 0. */
  readonly row: number;
  readonly text: string;
  readonly label: string;
}

export interface Inspection {
  readonly rows: number;
  /** Rows whose text is empty once it is prepared, and rows without a label. */
  readonly empty: number;
  readonly unlabelled: number;
  /** By file: rows by label, the most frequent first. Each file may have labels of its own. */
  readonly labels: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Characters of the prepared texts. */
  readonly length: { readonly median: number; readonly p95: number; readonly longest: number };
  readonly duplicates: {
    /** Rows beyond the first of equal prepared texts. */
    readonly identical: number;
    /** Rows that share a group of near-duplicates with another, and the number of such groups. */
    readonly near: number;
    readonly groups: number;
  };
  /** Equal texts of one file with different labels: how many, and the first of them. */
  readonly contradictions: { readonly texts: number; readonly examples: readonly Contradiction[] };
}

interface Contradiction {
  readonly file: string;
  readonly text: string;
  /** One row of each label. */
  readonly rows: readonly { readonly row: number; readonly label: string }[];
}

const EXAMPLES = 10;

/** What there is to know about labelled rows before one trains on them. */
export function inspect(rows: readonly LabelledRow[]): Inspection {
  const texts = rows.map(({ text }) => prepareText(text));
  const lengths = texts.map((text) => text.length).sort((a, b) => a - b);
  const at = (share: number): number => lengths[Math.min(lengths.length - 1, Math.floor(share * lengths.length))] ?? 0;
  const groups = tally(groupNearDuplicates(rows.map(({ text }) => text)));
  const shared = [...groups.values()].filter((size) => size > 1);
  const found = contradictions(rows, texts);
  return {
    rows: rows.length,
    empty: texts.filter((text) => text === '').length,
    unlabelled: rows.filter(({ label }) => label === '').length,
    labels: labelsByFile(rows),
    length: { median: at(0.5), p95: at(0.95), longest: lengths.at(-1) ?? 0 },
    duplicates: {
      identical: rows.length - new Set(texts).size,
      near: shared.reduce((sum, size) => sum + size, 0),
      groups: shared.length,
    },
    contradictions: { texts: found.length, examples: found.slice(0, EXAMPLES) },
  };
}

function labelsByFile(rows: readonly LabelledRow[]): Inspection['labels'] {
  const files = [...Map.groupBy(rows, ({ file }) => file)].map(([file, of]) => {
    const counts = [...tally(of.map(({ label }) => label).filter((label) => label !== ''))];
    return [file, Object.fromEntries(counts.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)))] as const;
  });
  return Object.fromEntries(files);
}

function contradictions(rows: readonly LabelledRow[], texts: readonly string[]): Contradiction[] {
  const indices = [...rows.keys()].filter((i) => texts[i] !== '' && rows[i]?.label !== '');
  const equal = Map.groupBy(indices, (i) => `${rows[i]?.file}\n${texts[i]}`);
  return [...equal.values()].flatMap((members) => {
    const byLabel = Map.groupBy(
      members.flatMap((i) => rows[i] ?? []),
      ({ label }) => label,
    );
    if (byLabel.size < 2) return [];
    const firsts = [...byLabel.values()].flatMap(([first]) => first ?? []);
    return [
      { file: firsts[0]?.file ?? '', text: texts[members[0] ?? 0] ?? '', rows: firsts.map(({ row, label }) => ({ row, label })) },
    ];
  });
}

function tally<K>(values: Iterable<K>): Map<K, number> {
  const counts = new Map<K, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
