import type { Alert, Rollup, StoredArticle, Story } from './trends.ts';

/**
 * What the ledger brings about and the store keeps: a document by kind and id, whole, with the offset in `news.scored`
 * that brought it about as its version. Ids are deterministic, so a write can be repeated.
 */
export type Doc =
  | { readonly kind: 'article'; readonly id: string; readonly version: number; readonly body: StoredArticle }
  | { readonly kind: 'story'; readonly id: string; readonly version: number; readonly body: Story }
  | { readonly kind: 'rollup'; readonly id: string; readonly version: number; readonly body: Rollup }
  | { readonly kind: 'alert'; readonly id: string; readonly version: number; readonly body: Alert };

export type DocKind = Doc['kind'];

export type DocOf<K extends DocKind> = Extract<Doc, { kind: K }>;

export const DOC_KINDS = ['article', 'story', 'rollup', 'alert'] as const satisfies readonly DocKind[];

export function rollupId(rollup: Pick<Rollup, 'series' | 'start' | 'widthMs' | 'fragment'>): string {
  return `${rollup.series}@${rollup.start}+${rollup.widthMs}${rollup.fragment === '' ? '' : `#${rollup.fragment}`}`;
}
