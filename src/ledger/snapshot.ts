import type { SeriesKey } from '../domain/series.ts';
import type { LedgerState, LiveStory, SeriesState } from './state.ts';

/** Changes whenever the fold or its state changes meaning: an older snapshot is then not used, the log is folded again. */
export const FOLD_VERSION = 2;

/** The state as bytes; equal states give equal bytes. Maps and sets keep their order, which the fold depends on. */
export function encodeSnapshot(state: LedgerState): Uint8Array {
  const { seen, stories, rollups, series, open, ...plain } = state;
  const json = JSON.stringify({
    fold: FOLD_VERSION,
    ...plain,
    seen: { current: [...seen.current], previous: [...seen.previous], rotatedAt: seen.rotatedAt },
    stories: [...stories],
    rollups: [...rollups],
    series: [...series],
    open: [...open],
  });
  return new TextEncoder().encode(json);
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
