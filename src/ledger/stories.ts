import type { ScoredArticle } from '../domain/article.ts';
import { hammingDistance } from '../domain/simhash.ts';
import type { LedgerState, LiveStory } from './state.ts';

/**
 * Two titles whose SimHashes differ in at most this many bits tell one story. Four bands of 16 bits find every pair that
 * differs in up to three bits, whatever the bits, and nearly all that differ in a few more.
 */
const MAX_DISTANCE = 6;
const BANDS = 4;
/** Shorter titles have too few features: only their exact twins count. */
const MIN_WORDS = 5;

/** Finds the story that an article belongs to. Derived from `state.stories`, so a snapshot leaves it out. */
export class StoryIndex {
  readonly #state: LedgerState;
  readonly #exact = new Map<string, Set<string>>();
  readonly #bands = new Map<string, Set<string>>();

  constructor(state: LedgerState) {
    this.#state = state;
    for (const [id, story] of state.stories) this.#enter(id, story);
  }

  add(id: string, story: LiveStory): void {
    this.#state.stories.set(id, story);
    this.#enter(id, story);
  }

  /** The story with the same normalised title, else the nearest by SimHash; on a tie the older one. */
  find(article: ScoredArticle): LiveStory | undefined {
    const { exact, simhash, words } = article.fingerprint;
    const twin = this.#best(this.#exact.get(exact), () => 0);
    if (twin !== undefined || words < MIN_WORDS) return twin;
    const candidates = new Set<string>();
    for (const band of bandsOf(simhash)) {
      for (const id of this.#bands.get(band) ?? []) candidates.add(id);
    }
    return this.#best(candidates, (story) => hammingDistance(story.simhash, simhash));
  }

  /** Moves a story to the end of the expiry order. */
  touch(id: string): void {
    const story = this.#state.stories.get(id);
    if (story === undefined) return;
    this.#state.stories.delete(id);
    this.#state.stories.set(id, story);
  }

  /** Forgets stories whose newest article arrived before. */
  expire(before: number): void {
    for (const [id, story] of this.#state.stories) {
      if (story.doc.updatedAt >= before) return;
      this.#state.stories.delete(id);
      remove(this.#exact, story.exact, id);
      if (story.words >= MIN_WORDS) for (const band of bandsOf(story.simhash)) remove(this.#bands, band, id);
    }
  }

  #enter(id: string, story: LiveStory): void {
    insert(this.#exact, story.exact, id);
    if (story.words >= MIN_WORDS) for (const band of bandsOf(story.simhash)) insert(this.#bands, band, id);
  }

  #best(ids: Iterable<string> | undefined, distanceTo: (story: LiveStory) => number): LiveStory | undefined {
    let best: LiveStory | undefined;
    let nearest = MAX_DISTANCE + 1;
    for (const id of ids ?? []) {
      const story = this.#state.stories.get(id) as LiveStory;
      const distance = distanceTo(story);
      if (distance < nearest || (distance === nearest && best !== undefined && story.since < best.since)) {
        best = story;
        nearest = distance;
      }
    }
    return best;
  }
}

function bandsOf(simhash: string): string[] {
  return Array.from({ length: BANDS }, (_, band) => `${band}${simhash.slice(band * 4, band * 4 + 4)}`);
}

function insert(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key);
  if (ids === undefined) index.set(key, new Set([id]));
  else ids.add(id);
}

function remove(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key);
  ids?.delete(id);
  if (ids?.size === 0) index.delete(key);
}
