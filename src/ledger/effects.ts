import type { Doc } from '../domain/doc.ts';

/** Of every document the newest version only, by version: what a batch of effects, in the order of the log, comes to. */
export function latestDocs(effects: readonly Doc[]): readonly Doc[] {
  const seen = { article: new Set<string>(), story: new Set<string>(), rollup: new Set<string>(), alert: new Set<string>() };
  const latest: Doc[] = [];
  for (let i = effects.length - 1; i >= 0; i -= 1) {
    const doc = effects[i] as Doc;
    if (seen[doc.kind].has(doc.id)) continue;
    seen[doc.kind].add(doc.id);
    latest.push(doc);
  }
  return latest.reverse();
}

/**
 * Cuts documents in the order of their versions into writes of about `size`, never within a version: whoever reads while they
 * are written sees all of a version or nothing, and nothing older appears later.
 */
export function cutWrites(docs: readonly Doc[], size: number): readonly (readonly Doc[])[] {
  const writes: (readonly Doc[])[] = [];
  for (let from = 0; from < docs.length; ) {
    let to = Math.min(from + size, docs.length);
    while (to < docs.length && docs[to]?.version === docs[to - 1]?.version) to += 1;
    writes.push(docs.slice(from, to));
    from = to;
  }
  return writes;
}
