import { prepareText } from '../text-preparation.ts';

/** Word Jaccard from which two texts count as near-duplicates: that of the labelled sets' split (docs/model.md). */
export const NEAR_DUPLICATE = 0.6;

const HANDLE = /@\w+/g;
const WORD = /[\p{L}\p{N}$]+/gu;

/** The words that two texts are compared by: each once, small, without addresses and handles. */
function wordsOf(text: string): ReadonlySet<string> {
  return new Set(prepareText(text).replace(HANDLE, ' ').toLowerCase().match(WORD) ?? []);
}

/**
 * Groups texts of which a chain of near-duplicates leads from one to the other: gives for each the index of its group's first
 * text. Exact: of two sets with Jaccard ≥ t the first |x| − ⌈t |x|⌉ + 1 words in any fixed order share one (prefix filtering,
 * Chaudhuri et al. 2006); rare words first keep the candidates few. Texts without words are grouped when they are equal.
 */
export function groupNearDuplicates(texts: readonly string[], threshold = NEAR_DUPLICATE): readonly number[] {
  const sets = texts.map(wordsOf);
  const frequency = new Map<string, number>();
  for (const words of sets) for (const word of words) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  const rareFirst = (a: string, b: string): number => (frequency.get(a) ?? 0) - (frequency.get(b) ?? 0) || (a < b ? -1 : 1);
  const groups = new Groups(texts.length);
  const index = new Map<string, number[]>();
  for (const [i, words] of sets.entries()) {
    const prefix =
      words.size === 0 ? [`\n${texts[i] ?? ''}`] : [...words].sort(rareFirst).slice(0, prefixLength(words.size, threshold));
    for (const key of prefix) {
      const others = index.get(key) ?? [];
      for (const other of others)
        if (groups.of(other) !== groups.of(i) && isNear(words, sets[other] ?? new Set(), threshold)) groups.unite(other, i);
      others.push(i);
      index.set(key, others);
    }
  }
  return texts.map((_, i) => groups.of(i));
}

function prefixLength(size: number, threshold: number): number {
  return size - Math.ceil(threshold * size) + 1;
}

function isNear(a: ReadonlySet<string>, b: ReadonlySet<string>, threshold: number): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  if (small.size < threshold * large.size) return false;
  let shared = 0;
  for (const word of small) if (large.has(word)) shared += 1;
  const union = a.size + b.size - shared;
  return union === 0 || shared >= threshold * union;
}

/** Disjoint sets; a set is known by its smallest member. */
class Groups {
  readonly #parent: Int32Array;

  constructor(size: number) {
    this.#parent = Int32Array.from({ length: size }, (_, i) => i);
  }

  of(member: number): number {
    let root = member;
    while (this.#parent[root] !== root) root = this.#parent[root] as number;
    for (let at = member; at !== root; ) {
      const next = this.#parent[at] as number;
      this.#parent[at] = root;
      at = next;
    }
    return root;
  }

  unite(a: number, b: number): void {
    const [first, second] = [this.of(a), this.of(b)];
    this.#parent[Math.max(first, second)] = Math.min(first, second);
  }
}
