import { DOC_KINDS, type Doc } from '../domain/doc.ts';

/** Of every document the newest version only, kind by kind: what a batch of effects comes to. */
export function latestDocs(effects: readonly Doc[]): readonly Doc[] {
  const latest = {
    article: new Map<string, Doc>(),
    story: new Map<string, Doc>(),
    rollup: new Map<string, Doc>(),
    alert: new Map<string, Doc>(),
  };
  for (const doc of effects) latest[doc.kind].set(doc.id, doc);
  return DOC_KINDS.flatMap((kind) => [...latest[kind].values()]);
}
