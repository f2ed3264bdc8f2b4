import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Doc } from '../../src/domain/doc.ts';
import { DEFAULT_LEDGER_SETTINGS } from '../../src/domain/settings.ts';
import { cutWrites, latestDocs } from '../../src/ledger/effects.ts';
import { Ledger } from '../../src/ledger/fold.ts';
import { emptyState } from '../../src/ledger/state.ts';
import { HOUR, scored, settings, T0 } from './scored.ts';

/** What folding some articles of a few stories brings about. */
const effects = fc.array(fc.record({ title: fc.nat(4), hour: fc.nat(3) }), { maxLength: 40 }).map((articles) => {
  const ledger = new Ledger(emptyState(DEFAULT_LEDGER_SETTINGS));
  ledger.apply(settings({}), 0);
  return articles.flatMap(({ title, hour }, n) =>
    ledger.apply(scored({ id: `a${n}`, title: `Title number ${title} of a few`, at: T0 + hour * HOUR }), n + 1),
  );
});
const key = ({ kind, id }: Doc): string => `${kind} ${id}`;

describe('effects', () => {
  it('come to the newest version of every document, by version', () => {
    fc.assert(
      fc.property(effects, (all) => {
        const latest = latestDocs(all);
        assert.deepEqual(new Map(latest.map((doc) => [key(doc), doc])), new Map(all.map((doc) => [key(doc), doc])));
        assert.equal(latest.length, new Set(all.map(key)).size);
        for (const [i, doc] of latest.entries()) assert.ok(i === 0 || (latest[i - 1]?.version ?? 0) <= doc.version);
      }),
    );
  });

  it('are written in pieces that grow by version and hold whole versions', () => {
    fc.assert(
      fc.property(effects, fc.integer({ min: 1, max: 10 }), (all, size) => {
        const docs = latestDocs(all);
        const writes = cutWrites(docs, size);
        assert.deepEqual(writes.flat(), docs);
        for (const [i, write] of writes.entries()) {
          assert.ok(write.length >= Math.min(size, docs.length - writes.slice(0, i).flat().length));
          assert.ok(i === 0 || (writes[i - 1]?.at(-1)?.version ?? 0) < (write[0]?.version ?? 0));
        }
      }),
    );
  });
});
