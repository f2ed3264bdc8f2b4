import type { SeriesKey } from '../domain/series.ts';
import type { LedgerState, LiveStory, SeriesState } from './state.ts';

/** Changes whenever the fold or its state changes meaning: an older snapshot is then not used, the log is folded again. */
export const FOLD_VERSION = 2;

/** Entries of a map or set in one part. */
const PART = 500;

/** The state as bytes; equal states give equal bytes. Maps and sets keep their order, which the fold depends on. */
export function encodeSnapshot(state: LedgerState): Uint8Array {
  return Buffer.concat([...snapshotParts(state)]);
}

/**
 * `encodeSnapshot` in parts, each made in a millisecond or so, for those who share their thread. The state must not change
 * between them.
 */
export function* snapshotParts(state: LedgerState): Generator<Uint8Array> {
  const { seen, stories, rollups, series, open, ...plain } = state;
  yield Buffer.from(`${JSON.stringify({ fold: FOLD_VERSION, ...plain, open: [...open] }).slice(0, -1)},"seen":{"current":`);
  yield* listParts(seen.current);
  yield Buffer.from(',"previous":');
  yield* listParts(seen.previous);
  yield Buffer.from(`,"rotatedAt":${JSON.stringify(seen.rotatedAt)}},"stories":`);
  yield* listParts(stories);
  yield Buffer.from(',"rollups":');
  yield* listParts(rollups);
  yield Buffer.from(',"series":');
  yield* listParts(series);
  yield Buffer.from('}');
}

function* listParts(entries: Iterable<unknown>): Generator<Uint8Array> {
  let part: unknown[] = [];
  let before = '[';
  for (const entry of entries) {
    part.push(entry);
    if (part.length < PART) continue;
    yield Buffer.from(before + JSON.stringify(part).slice(1, -1));
    before = ',';
    part = [];
  }
  yield Buffer.from(`${part.length === 0 && before === ',' ? '' : before}${JSON.stringify(part).slice(1)}`);
}

/** The state back from `encodeSnapshot`, or undefined when the bytes are of another version of the fold. */
export function decodeSnapshot(bytes: Uint8Array): LedgerState | undefined {
  const json = JSON.parse(new TextDecoder().decode(bytes)) as Snapshot;
  if (json.fold !== FOLD_VERSION) return undefined;
  const { fold: _, seen, stories, rollups, series, open, ...plain } = json;
  return {
    ...plain,
    seen: { current: new Set(seen.current), previous: new Set(seen.previous), rotatedAt: seen.rotatedAt },
    stories: new Map(stories),
    rollups: new Map(rollups),
    series: new Map(series),
    open: new Set(open),
  };
}

interface Snapshot extends Omit<LedgerState, 'seen' | 'stories' | 'rollups' | 'series' | 'open'> {
  fold: number;
  seen: { current: string[]; previous: string[]; rotatedAt: number | null };
  stories: [string, LiveStory][];
  rollups: [string, LedgerState['rollups'] extends Map<string, infer R> ? R : never][];
  series: [SeriesKey, SeriesState][];
  open: SeriesKey[];
}
