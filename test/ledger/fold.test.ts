import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareDocs, DOC_KINDS, type Doc } from '../../src/domain/doc.ts';
import type { ScoredRecord } from '../../src/domain/records.ts';
import { DEFAULT_LEDGER_SETTINGS } from '../../src/domain/settings.ts';
import { Ledger } from '../../src/ledger/fold.ts';
import { decodeSnapshot, encodeSnapshot } from '../../src/ledger/snapshot.ts';
import { emptyState } from '../../src/ledger/state.ts';
import { MemoryTrendStore } from '../../src/store/memory-trends.ts';
import { DAY, HOUR, MINUTE, NEGATIVE, NEUTRAL, POSITIVE, scored, settings, T0, tick } from './scored.ts';

const WORDS = 'shares profit falls bank oil fraud probe record merger cut warns beats rally debt chief quits fine deal'.split(
  ' ',
);
const SYMBOLS = ['AAPL', 'BABA', 'XOM'];

const title = fc.array(fc.constantFrom(...WORDS), { minLength: 3, maxLength: 9 }).map((words) => words.join(' '));

/** A log as the pipelines might write it: articles in any state of lateness, ticks, settings, promotions, repeats. */
const logs = fc
  .array(
    fc.oneof(
      {
        weight: 12,
        arbitrary: fc.record({
          kind: fc.constant('article' as const),
          title,
          lateMs: fc.oneof(fc.nat(90 * MINUTE), fc.nat(5 * DAY)),
          sentiment: fc.constantFrom(NEGATIVE, NEGATIVE, NEUTRAL, POSITIVE),
          symbols: fc.uniqueArray(fc.constantFrom(...SYMBOLS), { maxLength: 2 }),
          topic: fc.constantFrom('Markets', 'Earnings'),
        }),
      },
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('tick' as const),
          stepMs: fc.oneof(fc.nat(10 * MINUTE), fc.nat(30 * HOUR), fc.nat(20 * DAY)),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('settings' as const), windows: fc.constantFrom([HOUR], [HOUR, 6 * HOUR, DAY]) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('repeat' as const), back: fc.nat(30) }) },
    ),
    { maxLength: 120 },
  )
  .map((steps) => {
    let now = T0;
    const records: ScoredRecord[] = [settings({ warmUpMs: 0, minStories: 2, budgetPerDay: 100 })];
    for (const [index, step] of steps.entries()) {
      if (step.kind === 'tick') {
        now += step.stepMs;
        records.push(tick(now));
      } else if (step.kind === 'settings')
        records.push(settings({ warmUpMs: 0, minStories: 2, budgetPerDay: 100, windowsMs: step.windows }));
      else if (step.kind === 'repeat') records.push(records[Math.max(0, records.length - 1 - step.back)] as ScoredRecord);
      else records.push(scored({ id: `a${index}`, at: now - step.lateMs, arrivedAt: now, ...step }));
    }
    return records;
  });

function foldAll(records: readonly ScoredRecord[], ledger = new Ledger(emptyState(DEFAULT_LEDGER_SETTINGS)), from = 0): Doc[] {
  return records.flatMap((record, index) => [...ledger.apply(record, from + index)]);
}

async function stored(effects: readonly Doc[]): Promise<string> {
  const store = new MemoryTrendStore();
  for (const doc of effects) await store.write([doc]);
  const docs: Doc[] = [];
  for (const kind of DOC_KINDS) for await (const chunk of store.scan(kind)) docs.push(...chunk);
  return JSON.stringify(docs.sort((a, b) => (a.kind === b.kind ? compareDocs(a, b) : a.kind < b.kind ? -1 : 1)));
}

describe('the fold', () => {
  it('gives the same bytes in one go, in pieces with restarts from snapshots, and with repeated effects', async () => {
    await fc.assert(
      fc.asyncProperty(logs, fc.array(fc.nat(120), { maxLength: 4 }), async (records, cuts) => {
        const whole = new Ledger(emptyState(DEFAULT_LEDGER_SETTINGS));
        const once = foldAll(records, whole);
        let state = emptyState(DEFAULT_LEDGER_SETTINGS);
        const pieces: Doc[] = [];
        const bounds = [0, ...cuts.filter((cut) => cut < records.length).sort((a, b) => a - b), records.length];
        for (let i = 0; i + 1 < bounds.length; i += 1) {
          const [from, to] = [bounds[i] as number, bounds[i + 1] as number];
          const lost = new Ledger(restored(encodeSnapshot(state)));
          pieces.push(...foldAll(records.slice(from, to), lost, from)); // a crash before the snapshot: its effects happened
          const again = new Ledger(restored(encodeSnapshot(state)));
          pieces.push(...foldAll(records.slice(from, to), again, from));
          state = again.state;
        }
        assert.equal(await stored(pieces), await stored(once));
        assert.deepEqual(Buffer.from(encodeSnapshot(state)), Buffer.from(encodeSnapshot(whole.state)));
      }),
      { seed: 20260105, numRuns: 150 },
    );
  });

  it('is not moved by repeats of records further on in the log', async () => {
    await fc.assert(
      fc.asyncProperty(logs, fc.nat(100), fc.nat(40), async (records, at, length) => {
        const repeated = [
          ...records.slice(0, at + length),
          ...records.slice(at, at + length),
          ...records.slice(at + length),
        ].filter((record) => record.type !== 'settings');
        const plain = records.filter((record) => record.type !== 'settings');
        assert.equal(contents(foldAll([settings({}), ...repeated])), contents(foldAll([settings({}), ...plain])));
      }),
      { seed: 7, numRuns: 150 },
    );
  });

  it('counts every article once in its rollups, however late', () => {
    fc.assert(
      fc.property(logs, (records) => {
        const effects = foldAll(records);
        const latest = new Map(effects.map((doc) => [`${doc.kind} ${doc.id}`, doc]));
        const docs = [...latest.values()];
        const articles = docs.filter((doc) => doc.kind === 'article').length;
        const market = docs.flatMap((doc) => (doc.kind === 'rollup' && doc.body.series === 'market' ? [doc.body] : []));
        assert.equal(
          market.reduce((sum, rollup) => sum + rollup.articles, 0),
          articles,
        );
        const stories = docs.filter((doc) => doc.kind === 'story').length;
        assert.equal(
          market.reduce((sum, rollup) => sum + rollup.stories, 0),
          stories,
        );
        for (const rollup of market) assert.equal(rollup.negative + rollup.neutral + rollup.positive, rollup.stories);
      }),
      { seed: 3, numRuns: 150 },
    );
  });

  it('groups near-duplicates into one story, and counts the story once', () => {
    const records = [
      tick(T0),
      scored({
        id: 'a',
        at: T0,
        title: 'Acme shares plunge after the regulator opens a fraud investigation into its accounts',
        sentiment: NEGATIVE,
      }),
      scored({
        id: 'b',
        at: T0,
        title: 'Acme shares plunge after regulator opens fraud investigation into its accounts',
        sentiment: NEGATIVE,
        symbols: ['ACME'],
      }),
      scored({
        id: 'c',
        at: T0,
        title: 'RT @desk: Acme shares plunge after the regulator opens a fraud investigation into its accounts http://t.co/x',
        sentiment: NEGATIVE,
      }),
      scored({
        id: 'd',
        at: T0,
        title: 'Central bank keeps its rate unchanged and says inflation is easing',
        sentiment: NEUTRAL,
      }),
    ];
    const effects = foldAll(records);
    const stories = new Map(effects.flatMap((doc) => (doc.kind === 'story' ? [[doc.id, doc.body] as const] : [])));
    assert.deepEqual([...stories.keys()], ['a', 'd']);
    assert.equal(stories.get('a')?.articles, 3);
    assert.deepEqual(stories.get('a')?.series, ['market', 'topic:Markets', 'entity:ACME']);
  });

  it('refuses a snapshot of another version', () => {
    const bytes = encodeSnapshot(emptyState(DEFAULT_LEDGER_SETTINGS));
    const other = new TextEncoder().encode(new TextDecoder().decode(bytes).replace(/"fold":\d+/, '"fold":0'));
    assert.equal(decodeSnapshot(other), undefined);
  });
});

function restored(bytes: Uint8Array): ReturnType<typeof emptyState> {
  const state = decodeSnapshot(bytes);
  assert.ok(state !== undefined);
  return state;
}

/** The newest body of every document, without the versions: those are offsets, and repeats move them. */
function contents(effects: readonly Doc[]): string {
  const latest = new Map(effects.map((doc) => [`${doc.kind} ${doc.id}`, JSON.stringify(doc.body)]));
  return JSON.stringify([...latest].sort(([a], [b]) => (a < b ? -1 : 1)));
}
