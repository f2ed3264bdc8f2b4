import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ledgerPipeline } from '../../pipelines/ledger.ts';
import { type Verification, verify } from '../../pipelines/verify.ts';
import type { Doc } from '../../src/domain/doc.ts';
import { DEFAULT_LEDGER_SETTINGS } from '../../src/domain/settings.ts';
import type { EventLog } from '../../src/log/port.ts';
import { MemoryTrendData, MemoryTrendStore } from '../../src/store/memory-trends.ts';
import type { TrendStore } from '../../src/store/trend-port.ts';
import { scored, T0 } from '../ledger/scored.ts';
import { appendScored, isDone, memorySystem, runUntil } from './memory-system.ts';

interface Stored {
  readonly log: EventLog;
  readonly docs: Map<string, Doc>;
  readonly trends: TrendStore;
  check(): Promise<Verification>;
}

/** Three articles, folded and stored. */
async function stored(): Promise<Stored> {
  const data = new MemoryTrendData();
  const trends = new MemoryTrendStore(data);
  const system = memorySystem('ledger');
  const { log } = system;
  await appendScored(
    log,
    ['a', 'b', 'c'].map((id) => scored({ id, title: `Title ${id}`, at: T0 })),
  );
  const ledger = ledgerPipeline({ ...system, trends, settings: DEFAULT_LEDGER_SETTINGS, ticks: false });
  await runUntil(ledger, () => isDone(log, 'news.scored', 'ledger'));
  const check = (): Promise<Verification> => verify({ log, stored: trends, fresh: new MemoryTrendStore(), maxExamples: 2 });
  return { log, docs: data.docs, trends, check };
}

const found = ({ examples }: Verification): string[] => examples.map(({ what, kind, id }) => `${what} ${kind} ${id}`);

describe('verify', () => {
  it('finds nothing when what is stored equals the fold', async () => {
    const { check } = await stored();
    const result = await check();
    // 3 articles, 3 stories, and a rollup of the market and of the topic; the settings are a record too.
    assert.deepEqual(result, { records: 4, acknowledged: 4, documents: 8, differences: 0, examples: [] });
  });

  it('finds a document that was changed', async () => {
    const { docs, check } = await stored();
    const doc = docs.get('article b');
    assert.ok(doc?.kind === 'article');
    docs.set('article b', { ...doc, body: { ...doc.body, title: 'Title B' } });
    assert.deepEqual(found(await check()), ['different article b']);
  });

  it('misses nothing that the store may have dropped', async () => {
    const { docs, log, trends } = await stored();
    docs.delete('story a');
    docs.delete('article b');
    const isExpired = ({ kind }: Doc): boolean => kind === 'story';
    const result = await verify({ log, stored: trends, fresh: new MemoryTrendStore(), maxExamples: 2, isExpired });
    assert.deepEqual(found(result), ['missing article b']);
  });

  it('finds a document that is missing, and one that no record brought about', async () => {
    const { docs, check } = await stored();
    const doc = docs.get('story a');
    assert.ok(doc?.kind === 'story');
    docs.delete('story a');
    docs.set('story z', { ...doc, id: 'z', body: { ...doc.body, id: 'z' } });
    assert.deepEqual(found(await check()), ['missing story a', 'unexpected story z']);
  });

  it('counts all differences, but shows no more than asked for', async () => {
    const { docs, check } = await stored();
    docs.clear();
    const { differences, examples } = await check();
    assert.deepEqual([differences, examples.length], [8, 2]);
  });

  it('accepts both outcomes for records that are not acknowledged, but no third', async () => {
    const { log, docs, check } = await stored();
    const before = new Map(docs);
    await appendScored(log, [scored({ id: 'd', title: 'Title d', at: T0 })]);
    assert.equal((await check()).differences, 0); // not stored yet

    const fold = new MemoryTrendStore();
    await verify({ log: await acknowledged(log), stored: new MemoryTrendStore(), fresh: fold, maxExamples: 0 });
    for (const kind of ['article', 'story', 'rollup'] as const)
      for await (const chunk of fold.scan(kind)) for (const doc of chunk) docs.set(`${kind} ${doc.id}`, doc);
    assert.ok(docs.size > before.size);
    assert.equal((await check()).differences, 0); // stored already

    const doc = docs.get('article d');
    assert.ok(doc?.kind === 'article');
    docs.set('article d', { ...doc, body: { ...doc.body, title: 'Title D' } });
    assert.deepEqual(found(await check()), ['unexpected article d']);
  });
});

/** The log as it will be once everything is acknowledged. */
async function acknowledged(log: EventLog): Promise<EventLog> {
  const [range] = await log.ranges('news.scored');
  return {
    append: (topic, records) => log.append(topic, records),
    subscribe: (topic, group) => log.subscribe(topic, group),
    read: (topic, partition, from) => log.read(topic, partition, from),
    ranges: (topic) => log.ranges(topic),
    positions: async () => new Map([[0, range?.next ?? 0]]),
    close: () => log.close(),
  };
}
