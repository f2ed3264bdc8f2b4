import type { Instant } from '../domain/article.ts';
import type { Doc } from '../domain/doc.ts';
import type { ScoredRecord } from '../domain/records.ts';
import { bucketStart } from '../domain/series.ts';
import { resolveCalm } from './alerts.ts';
import { foldArticle } from './fold-article.ts';
import { closeHour } from './history.ts';
import { adoptSettings, HOUR_MS, type LedgerState, ROLLUP_MEMORY_MS } from './state.ts';
import { StoryIndex } from './stories.ts';

/** However long ago: a redelivery after a crash repeats at most what was in flight, which the configuration bounds below this. */
const MIN_REMEMBERED = 20_000;
/** After this long without a tick nothing is left to watch bucket by bucket, and the clock jumps. */
const MAX_STEPS_MS = 14 * 24 * HOUR_MS;

/**
 * The ledger: `apply(record, offset)` takes the records of `news.scored` in order and gives the effects of each. It looks
 * at nothing but its state and the record (no clock, no chance, no store), so the same log gives the same effects,
 * whenever and wherever it is folded. `state` is changed in place; a snapshot of it resumes the fold exactly.
 */
export class Ledger {
  readonly state: LedgerState;
  readonly #index: StoryIndex;

  constructor(state: LedgerState) {
    this.state = state;
    this.#index = new StoryIndex(state);
  }

  /** The documents that the record brings about. A record below `state.next` was folded before and brings about none. */
  apply(record: ScoredRecord, offset: number): readonly Doc[] {
    const { state } = this;
    if (offset < state.next) return [];
    state.next = offset + 1;
    switch (record.type) {
      case 'settings':
        adoptSettings(state, record.settings);
        return [];
      case 'promotion':
        state.bundle = record.bundle;
        return [];
      case 'tick':
        return this.#tick(record.at, offset);
      case 'article':
        if (state.now === null) this.#tick(record.article.appendedAt, offset);
        return foldArticle(state, this.#index, record.article, offset);
      default:
        return record satisfies never;
    }
  }

  #tick(at: Instant, offset: number): Doc[] {
    const { state } = this;
    const { bucketMs } = state.settings;
    const to = bucketStart(at, bucketMs);
    if (state.now === null) {
      state.now = to;
      state.startedAt = to;
      state.origin = to;
      return [];
    }
    const effects: Doc[] = [];
    let now: Instant = state.now;
    if (to - now > MAX_STEPS_MS) now = bucketStart(to - MAX_STEPS_MS, Math.max(HOUR_MS, bucketMs));
    while (now < to) {
      const bucketEnd = bucketStart(now + bucketMs, bucketMs);
      for (const alert of resolveCalm(state, bucketEnd))
        effects.push({ kind: 'alert', id: alert.id, version: offset, body: alert });
      for (let hour = (Math.floor(now / HOUR_MS) + 1) * HOUR_MS; hour <= bucketEnd; hour += HOUR_MS) this.#closeHour(hour);
      now = bucketEnd;
    }
    state.now = Math.max(state.now, now);
    return effects;
  }

  #closeHour(hourEnd: Instant): void {
    const { state } = this;
    closeHour(state, hourEnd);
    this.#index.expire(hourEnd - state.settings.storyWindowMs);
    for (const [id, rollup] of state.rollups) {
      if (rollup.start >= hourEnd - ROLLUP_MEMORY_MS) break; // they were made about in order; a few stay a little longer
      state.rollups.delete(id);
    }
    const { seen } = state;
    if (seen.current.size < MIN_REMEMBERED) return;
    if (seen.rotatedAt !== null && hourEnd - seen.rotatedAt < state.settings.dedupeWindowMs) return;
    state.seen = { current: new Set(), previous: seen.current, rotatedAt: hourEnd };
  }
}
