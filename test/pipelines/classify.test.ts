import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ClassifyDeps, classifyPipeline } from '../../pipelines/classify.ts';
import { supervise } from '../../pipelines/pipeline.ts';
import { BarographError } from '../../src/domain/errors.ts';
import { decodeDeadLetter, decodeScored } from '../../src/domain/wire.ts';
import { MemoryLog } from '../../src/log/memory.ts';
import type { EventLog, NewRecord, Topic } from '../../src/log/port.ts';
import type { Classifier } from '../../src/model/serving/port.ts';
import { openStubClassifier } from '../../src/model/serving/stub.ts';
import { findEntities } from '../../src/text/entities/find-entities.ts';
import { fingerprint } from '../../src/text/fingerprint.ts';
import { eventually } from '../eventually.ts';
import { T0 } from '../ledger/scored.ts';
import { appendRaw, memorySystem, quiet, rawArticle, runUntil, valuesOf } from './memory-system.ts';

const stub = openStubClassifier();

/** The stub with a gate before it. */
function gated(gate: (texts: readonly string[]) => Promise<void> | void): Classifier {
  return {
    ...stub,
    classify: async (inputs, signal) => {
      await gate(inputs.map(({ text }) => text));
      return stub.classify(inputs, signal);
    },
  };
}

function broken(): BarographError {
  return new BarographError('E_MODEL_FAILED', 'The runtime failed.');
}

function depsWith(classifier: Classifier, changes: Partial<ClassifyDeps> = {}): ClassifyDeps {
  return {
    ...memorySystem('classify'),
    classifier,
    fingerprint,
    findEntities: () => [{ symbol: 'BA', name: 'Boeing', mention: 'Boeing' }],
    maxInFlight: 1024,
    maxBatchTokens: 4096,
    batchTimeMs: 5,
    ...changes,
  };
}

const article = (id: string, title?: string) => ({ type: 'article', article: rawArticle(id, title) }) as const;
const ids = ['a', 'b', 'c', 'd', 'e', 'f'];

async function scoredIds(log: EventLog): Promise<string[]> {
  return (await valuesOf(log, 'news.scored')).map((value) => {
    const record = decodeScored(value);
    return record.type === 'article' ? record.article.id : record.type;
  });
}

const scoredCount =
  (log: EventLog, count: number): (() => Promise<boolean>) =>
  async () =>
    (await valuesOf(log, 'news.scored')).length >= count;

describe('classify', () => {
  it('annotates an article with scores, entities, fingerprint and bundle, and passes ticks on', async () => {
    const deps = depsWith(stub);
    await appendRaw(deps.log, [{ type: 'tick', at: T0 }, article('a', 'Boeing falls')]);
    await runUntil(classifyPipeline(deps), scoredCount(deps.log, 2));
    const [tick, record] = (await valuesOf(deps.log, 'news.scored')).map(decodeScored);
    assert.deepEqual(tick, { type: 'tick', at: T0 });
    assert.ok(record?.type === 'article');
    const [expected, toBoeing] = await stub.classify([{ text: 'Boeing falls' }, { text: 'Boeing falls', entity: 'Boeing' }]);
    assert.ok(expected !== undefined && toBoeing !== undefined);
    assert.deepEqual(record.article, {
      ...rawArticle('a', 'Boeing falls'),
      sentiment: expected.sentiment,
      topics: expected.topics,
      entities: [{ symbol: 'BA', name: 'Boeing', sentiment: toBoeing.sentiment }],
      fingerprint: fingerprint('Boeing falls'),
      bundle: 'stub',
    });
  });

  it('asks about entities that the text names, and gives those that only the source attached the sentiment of the text', async () => {
    const deps = depsWith(stub, { findEntities });
    const raw = { ...rawArticle('a', 'Boeing falls'), tickers: ['MSFT'] };
    await appendRaw(deps.log, [{ type: 'article', article: raw }]);
    await runUntil(classifyPipeline(deps), scoredCount(deps.log, 1));
    const [record] = (await valuesOf(deps.log, 'news.scored')).map(decodeScored);
    assert.ok(record?.type === 'article');
    const [whole, toBoeing] = await stub.classify([{ text: 'Boeing falls' }, { text: 'Boeing falls', entity: 'Boeing' }]);
    assert.deepEqual(
      record.article.entities.map(({ symbol, sentiment }) => [symbol, sentiment]),
      [
        ['MSFT', whole?.sentiment],
        ['BA', toBoeing?.sentiment],
      ],
    );
  });

  it('keeps the order of the articles when later batches are scored sooner', async () => {
    const waiting: (() => void)[] = [];
    const classifier = gated(() => new Promise((resolve) => waiting.push(resolve)));
    const deps = depsWith(classifier, { maxBatchTokens: 4 }); // every article is a batch of its own
    await appendRaw(
      deps.log,
      ids.map((id) => article(id)),
    );
    await runUntil(classifyPipeline(deps), async () => {
      if (waiting.length === ids.length) while (waiting.length > 0) waiting.pop()?.();
      return scoredCount(deps.log, ids.length)();
    });
    assert.deepEqual(await scoredIds(deps.log), ids);
  });

  it('keeps a record that cannot be read in the dead-letter log with its reason, and passes the rest', async () => {
    const deps = depsWith(stub);
    await appendRaw(deps.log, [article('a'), '{"type":"article","id":""}', 'no JSON', article('b')]);
    await runUntil(classifyPipeline(deps), scoredCount(deps.log, 2));
    assert.deepEqual(await scoredIds(deps.log), ['a', 'b']);
    const letters = (await valuesOf(deps.log, 'dead-letter')).map(decodeDeadLetter);
    assert.deepEqual(
      letters.map(({ stage, code, origin, payload, requeueTo }) => [stage, code, origin, payload, requeueTo]),
      [
        ['classify', 'E_RECORD_INVALID', 'news.raw/0/1', '{"type":"article","id":""}', 'news.raw'],
        ['classify', 'E_RECORD_INVALID', 'news.raw/0/2', 'no JSON', 'news.raw'],
      ],
    );
    assert.match(letters[0]?.reason ?? '', /title/);
    assert.deepEqual(deps.meter.counts, { received: 4, sent: 2, discarded: 2, errors: 0 });
  });

  for (const poisoned of [['c'], ['a', 'f'], ids]) {
    it(`isolates the texts that break the model: ${poisoned.join(', ')} of ${ids.join(', ')}`, async () => {
      const classifier = gated((texts) => {
        if (texts.some((text) => text.includes('poison'))) throw broken();
      });
      const deps = depsWith(classifier);
      await appendRaw(deps.log, [
        ...ids.map((id) => article(id, poisoned.includes(id) ? `poison ${id}` : `fine ${id}`)),
        article('last'),
      ]);
      await runUntil(classifyPipeline(deps), scoredCount(deps.log, ids.length - poisoned.length + 1));
      assert.deepEqual(await scoredIds(deps.log), [...ids.filter((id) => !poisoned.includes(id)), 'last']);
      const letters = (await valuesOf(deps.log, 'dead-letter')).map(decodeDeadLetter);
      assert.deepEqual(
        letters.map(({ code, payload }) => [code, JSON.parse(payload).id]),
        poisoned.map((id) => ['E_MODEL_FAILED', id]),
      );
    });
  }

  for (const count of [1, 6]) {
    it(`blames no text when the model itself is broken for a while, with ${count} in the log`, async () => {
      let failures = 4;
      const deps = depsWith(
        gated(() => {
          failures -= 1;
          if (failures >= 0) throw broken();
        }),
      );
      const expected = ids.slice(0, count);
      await appendRaw(
        deps.log,
        expected.map((id) => article(id)),
      );
      const stop = new AbortController();
      const running = supervise(classifyPipeline(deps), quiet, stop.signal);
      await eventually(scoredCount(deps.log, count));
      stop.abort();
      await running;
      assert.deepEqual(await scoredIds(deps.log), expected);
      assert.deepEqual(await valuesOf(deps.log, 'dead-letter'), []);
    });
  }

  it('scores again after a failure of the log, and loses nothing', async () => {
    class FailingLog extends MemoryLog {
      failures = 1;
      override async append(topic: Topic, records: readonly NewRecord[]): Promise<void> {
        if (topic === 'news.scored' && records.length > 0 && this.failures-- > 0)
          throw new BarographError('E_LOG_UNAVAILABLE', 'The log is away.');
        return super.append(topic, records);
      }
    }
    const log = new FailingLog();
    const deps = depsWith(stub, { log });
    await appendRaw(
      log,
      ids.map((id) => article(id)),
    );
    const stop = new AbortController();
    const running = supervise(classifyPipeline(deps), quiet, stop.signal);
    await eventually(scoredCount(log, ids.length));
    stop.abort();
    await running;
    assert.deepEqual(await scoredIds(log), ids);
    assert.equal(deps.meter.counts.errors, 1);
  });

  it('finishes what is in flight when it is stopped, and does not score it again', async () => {
    const waiting: (() => void)[] = [];
    const deps = depsWith(gated(() => new Promise((resolve) => waiting.push(resolve))));
    await appendRaw(
      deps.log,
      ids.map((id) => article(id)),
    );
    const stop = new AbortController();
    const running = classifyPipeline(deps).run(stop.signal);
    await eventually(() => waiting.length > 0);
    stop.abort();
    for (const release of waiting) release();
    await running;
    assert.deepEqual(await scoredIds(deps.log), ids);
    assert.equal((await deps.log.positions('news.raw', 'classify')).get(0), ids.length);

    await appendRaw(deps.log, [article('g')]);
    await runUntil(classifyPipeline({ ...deps, classifier: stub }), scoredCount(deps.log, ids.length + 1));
    assert.deepEqual(await scoredIds(deps.log), [...ids, 'g']);
  });

  it('has never more articles in the model than may be in flight', async () => {
    let inModel = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const classifier = gated(async (texts) => {
      inModel += texts.length;
      most = Math.max(most, inModel);
      await new Promise<void>((resolve) => waiting.push(resolve));
      inModel -= texts.length;
    });
    const deps = depsWith(classifier, { maxInFlight: 8, maxBatchTokens: 16, findEntities: () => [] });
    await appendRaw(
      deps.log,
      Array.from({ length: 60 }, (_, index) => article(`n${index}`)),
    );
    await runUntil(classifyPipeline(deps), async () => {
      waiting.shift()?.();
      return scoredCount(deps.log, 60)();
    });
    assert.equal((await valuesOf(deps.log, 'news.scored')).length, 60);
    assert.ok(most > 1 && most <= 8, `${most} were in the model`);
  });
});
