import type { ScoredArticle } from '../domain/article.ts';
import { hammingDistance, parseSimHash, type SimHash } from '../domain/simhash.ts';
import type { LedgerState, LiveStory } from './state.ts';

/**
 * Two titles whose SimHashes differ in at most this many bits tell one story. Four bands of 16 bits find every pair that
 * differs in up to three bits, whatever the bits, and nearly all that differ in a few more.
 */
const MAX_DISTANCE = 6;
const BANDS = 4;
/** Shorter titles have too few features: only their exact twins count. */
const MIN_WORDS = 5;

/** A live story as the index holds it, with the halves of its SimHash as numbers. */
interface Entry {
  readonly story: LiveStory;
  readonly hash: SimHash;
}

/** Finds the story that an article belongs to. Derived from `state.stories`, so a snapshot leaves it out. */
export class StoryIndex {
  readonly #state: LedgerState;
  readonly #exact = new Map<string, Entry[]>();
  readonly #bands = new Map<number, Entry[]>();

  constructor(state: LedgerState) {
    this.#state = state;
    for (const story of state.stories.values()) this.#enter(story);
  }

  add(id: string, story: LiveStory): void {
    this.#state.stories.set(id, story);
    this.#enter(story);
  }

  /** The story with the same normalised title, else the nearest by SimHash; on a tie the older one. */
  find(article: ScoredArticle): LiveStory | undefined {
    const { exact, simhash, words } = article.fingerprint;
    const twins = this.#exact.get(exact);
    if (twins !== undefined) return twins.reduce(older).story;
    if (words < MIN_WORDS) return undefined;
    const hash = parseSimHash(simhash);
    let best: Entry | undefined;
    let nearest = MAX_DISTANCE + 1;
    for (let band = 0; band < BANDS; band += 1) {
      for (const entry of this.#bands.get(bandOf(hash, band)) ?? []) {
        const distance = hammingDistance(entry.hash, hash);
        if (distance > nearest) continue;
        best = distance < nearest || best === undefined ? entry : older(best, entry);
        nearest = distance;
      }
    }
    return nearest > MAX_DISTANCE ? undefined : best?.story;
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
      remove(this.#exact, story.exact, story);
      if (story.words < MIN_WORDS) continue;
      const hash = parseSimHash(story.simhash);
      for (let band = 0; band < BANDS; band += 1) remove(this.#bands, bandOf(hash, band), story);
    }
  }

  #enter(story: LiveStory): void {
    const hash = parseSimHash(story.simhash);
    const entry = { story, hash };
    insert(this.#exact, story.exact, entry);
    if (story.words < MIN_WORDS) return;
    for (let band = 0; band < BANDS; band += 1) insert(this.#bands, bandOf(hash, band), entry);
  }
}

function older(a: Entry, b: Entry): Entry {
  return b.story.since < a.story.since ? b : a;
}

/** 16 of the 64 bits, and which. */
function bandOf({ high, low }: SimHash, band: number): number {
  const half = band < BANDS / 2 ? high : low;
  return band * 0x10000 + (band % 2 === 0 ? half >>> 16 : half & 0xffff);
}

function insert<K>(index: Map<K, Entry[]>, key: K, entry: Entry): void {
  const entries = index.get(key);
  if (entries === undefined) index.set(key, [entry]);
  else entries.push(entry);
}

function remove<K>(index: Map<K, Entry[]>, key: K, story: LiveStory): void {
  const entries = index.get(key);
  if (entries === undefined) return;
  const at = entries.findIndex((entry) => entry.story === story);
  if (at >= 0) entries.splice(at, 1);
  if (entries.length === 0) index.delete(key);
}
