import type { Instant } from './article.ts';
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

/** The time that a document stands at; it never changes. */
export function timeOf(doc: Doc): Instant {
  switch (doc.kind) {
    case 'article':
    case 'story':
      return doc.body.publishedAt;
    case 'rollup':
      return doc.body.start;
    case 'alert':
      return doc.body.openedAt;
    default:
      return doc satisfies never;
  }
}

export function rollupId(rollup: Pick<Rollup, 'series' | 'start' | 'widthMs' | 'fragment'>): string {
  return `${rollup.series}@${rollup.start}+${rollup.widthMs}${rollup.fragment === '' ? '' : `#${rollup.fragment}`}`;
}

/** The order in which stores are scanned: ids as UTF-8; rollups by series, start, width and fragment. */
export function compareDocs(a: Doc, b: Doc): number {
  if (a.kind !== 'rollup' || b.kind !== 'rollup') return compareText(a.id, b.id);
  return (
    compareText(a.body.series, b.body.series) ||
    a.body.start - b.body.start ||
    a.body.widthMs - b.body.widthMs ||
    compareText(a.body.fragment, b.body.fragment)
  );
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
