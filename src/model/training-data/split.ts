import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { LabelledRow } from './inspect.ts';
import type { Part } from './labelled-text.ts';
import { groupNearDuplicates } from './near-duplicates.ts';

export interface SplitShares {
  readonly validation: number;
  readonly test: number;
}

export interface SplitRow {
  readonly file: string;
  readonly row: number;
  /** Rows of one group are near-duplicates, and in one part. */
  readonly group: number;
  readonly part: Part;
}

/**
 * Parts rows into training, validation and test: near-duplicates stay together, and every label of every file has about its share
 * in every part. Groups go, the largest first and in random order among equals, to the part that lacks most of their labels.
 * Decided by the rows and the seed alone.
 */
export function splitRows(rows: readonly LabelledRow[], { validation, test }: SplitShares, seed: number): readonly SplitRow[] {
  const groupOf = groupNearDuplicates(rows.map(({ text }) => text));
  const groups = [...Map.groupBy([...rows.keys()], (i) => groupOf[i] ?? i)].map(([id, members]) => ({ id, members }));
  const generator = xoroshiro128plus(seed);
  const order = groups
    .map((group) => ({ group, draw: uniformInt(generator, 0, 0x7fffffff) }))
    .sort((a, b) => b.group.members.length - a.group.members.length || a.draw - b.draw || a.group.id - b.group.id);
  const share: Readonly<Record<Part, number>> = { train: 1 - validation - test, validation, test };
  const parts = (Object.keys(share) as Part[]).filter((part) => share[part] > 0);
  const stratum = (i: number): string => `${rows[i]?.file}\n${rows[i]?.label}`;
  const lacking = new Map<string, Record<Part, number>>();
  for (const [key, members] of Map.groupBy([...rows.keys()], stratum)) {
    const { length } = members;
    lacking.set(key, { train: share.train * length, validation: validation * length, test: test * length });
  }
  const partOf = new Map<number, Part>();
  for (const { group } of order) {
    const need = (part: Part): number =>
      group.members.reduce((sum, i) => sum + (lacking.get(stratum(i))?.[part] ?? 0) / share[part], 0);
    const part = parts.reduce((best, each) => (need(each) > need(best) ? each : best));
    partOf.set(group.id, part);
    for (const i of group.members) {
      const counts = lacking.get(stratum(i));
      if (counts !== undefined) counts[part] -= 1;
    }
  }
  return rows.map(({ file, row }, i) => {
    const group = groupOf[i] ?? i;
    return { file, row, group, part: partOf.get(group) ?? 'train' };
  });
}
