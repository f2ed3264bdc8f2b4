import type { Client } from '@elastic/elasticsearch';
import type { Instant } from '../../domain/article.ts';
import { DOC_KINDS, type Doc, timeOf } from '../../domain/doc.ts';
import { type ElasticsearchOptions, guarded } from './connection.ts';
import { aliasOf } from './templates.ts';

/** Whether the index that a document stands in may have been dropped: its month ended at or before `before`. */
export function isExpired(doc: Doc, before: Instant): boolean {
  const at = new Date(timeOf(doc));
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1) <= before;
}

/**
 * Drops the monthly indices all of whose documents stand at a time before `before`, and gives their names. Several processes may do so
 * at once. Rejects with `E_STORE_*`.
 */
export async function dropExpired(client: Client, options: ElasticsearchOptions, before: Instant): Promise<readonly string[]> {
  const dropped: string[] = [];
  for (const kind of DOC_KINDS) {
    const prefix = `${aliasOf(options, kind)}-`;
    const indices = await guarded(options, () => client.indices.get({ index: `${prefix}*`, allow_no_indices: true }));
    for (const index of Object.keys(indices)) {
      const end = endOfMonth(index.slice(prefix.length));
      if (end === undefined || end > before) continue;
      await guarded(options, () => client.indices.delete({ index, ignore_unavailable: true }));
      dropped.push(index);
    }
  }
  return dropped;
}

/** Of `2026.01`: when February began. */
function endOfMonth(month: string): number | undefined {
  const [, year, number] = /^(\d{4})\.(\d{2})$/.exec(month) ?? [];
  return year === undefined ? undefined : Date.UTC(Number(year), Number(number), 1);
}
