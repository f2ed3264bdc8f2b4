import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { TASKS } from '../training-data/labelled-text.ts';
import { figuresSchema } from './task-figures.ts';

const recordSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('steps'),
    /** The last of the steps, counted from 1, and the epochs that have passed with it. */
    step: z.number(),
    epoch: z.number(),
    /** Means over the steps since the record before; the rate is the last one's. */
    loss: z.number(),
    norm: z.number(),
    rate: z.number(),
  }),
  z.object({
    kind: z.literal('validation'),
    step: z.number(),
    epoch: z.number(),
    /** What is to rise. */
    value: z.number(),
    tasks: z.partialRecord(z.enum(TASKS), figuresSchema),
  }),
]);

/** A line of `history.ndjson`. */
export type HistoryRecord = z.infer<typeof recordSchema>;

/** What happened in a run, one JSON a line. What comes after the last checkpoint is forgotten when the run goes on from there. */
export interface History {
  readonly records: readonly HistoryRecord[];
  /** Keeps what happened in the first `steps` steps. */
  rewind(steps: number): void;
  add(record: HistoryRecord): void;
}

export function openHistory(path: string): History {
  mkdirSync(dirname(path), { recursive: true });
  let records: HistoryRecord[] = [];
  return {
    get records() {
      return records;
    },
    rewind(steps) {
      records = steps === 0 ? [] : readRecords(path).filter(({ step }) => step <= steps);
      writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    },
    add(record) {
      records.push(record);
      appendFileSync(path, `${JSON.stringify(record)}\n`);
    },
  };
}

/** The lines that can be read: the last may be cut off where the run was killed. */
function readRecords(path: string): HistoryRecord[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return recordSchema.parse(JSON.parse(line));
      } catch {
        return []; // not a fault: see above
      }
    });
}
