import type { Doc } from '../domain/doc.ts';

/** Of every document the newest version only, in the order of first mention: what a batch of effects comes to. */
export function latestDocs(effects: readonly Doc[]): readonly Doc[] {
  const latest = new Map<string, Doc>();
  for (const doc of effects) latest.set(`${doc.kind}\n${doc.id}`, doc);
  return [...latest.values()];
}
