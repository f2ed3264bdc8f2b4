import type { Doc } from '../src/domain/doc.ts';
import { DEFAULT_LEDGER_SETTINGS } from '../src/domain/settings.ts';
import { latestDocs } from '../src/ledger/effects.ts';
import { Ledger } from '../src/ledger/fold.ts';
import { emptyState } from '../src/ledger/state.ts';
import { compareStores, type Difference, docKey } from '../src/ledger/verify.ts';
import type { EventLog } from '../src/log/port.ts';
import type { TrendStore } from '../src/store/trend-port.ts';
import { foldRecord } from './fold-log.ts';

export interface Verification {
  /** Records of `news.scored` folded, and how many of them the stored ledger had acknowledged. */
  readonly records: number;
  readonly acknowledged: number;
  readonly documents: number;
  readonly differences: number;
  /** The first differences, at most as many as asked for. */
  readonly examples: readonly Difference[];
}

export interface VerifyOptions {
  readonly log: EventLog;
  readonly stored: TrendStore;
  /** An empty store that takes the fresh fold. */
  readonly fresh: TrendStore;
  readonly maxExamples: number;
  /** Whether the store may have dropped a document by its retention. */
  readonly isExpired?: (doc: Doc) => boolean;
}

/**
 * The oracle: folds the recorded log again from its start in a fresh state and compares the outcome with what is stored.
 * Records beyond the ledger's position may or may not have had their effect yet; what stands there must be one of both.
 */
export async function verify({ log, stored, fresh, maxExamples, isExpired }: VerifyOptions): Promise<Verification> {
  const acknowledged = (await log.positions('news.scored', 'ledger')).get(0) ?? 0;
  const ledger = new Ledger(emptyState(DEFAULT_LEDGER_SETTINGS));
  const ahead = new Map<string, Doc[]>();
  let records = 0;
  for await (const chunk of log.read('news.scored', 0, 0)) {
    const effects: Doc[] = [];
    for (const record of chunk) {
      records += 1;
      for (const doc of foldRecord(ledger, record)) {
        if (record.offset < acknowledged) effects.push(doc);
        else ahead.set(docKey(doc), [...(ahead.get(docKey(doc)) ?? []), doc]);
      }
    }
    await fresh.write(latestDocs(effects));
  }
  const examples: Difference[] = [];
  let differences = 0;
  const differing = compareStores(
    (kind) => stored.scan(kind),
    (kind) => fresh.scan(kind),
    ahead,
    isExpired,
  );
  for await (const difference of differing) {
    differences += 1;
    if (examples.length < maxExamples) examples.push(difference);
  }
  const counts = await Promise.all((['article', 'story', 'rollup', 'alert'] as const).map((kind) => fresh.count(kind)));
  return { records, acknowledged, documents: counts.reduce((sum, count) => sum + count, 0), differences, examples };
}
