import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Article, ScoredArticle } from '../../src/domain/article.ts';
import { BarographError } from '../../src/domain/errors.ts';
import type { DeadLetter } from '../../src/domain/records.ts';
import type { Alert } from '../../src/domain/trends.ts';
import {
  decodeAlert,
  decodeDeadLetter,
  decodeRaw,
  decodeScored,
  encodeAlert,
  encodeDeadLetter,
  encodeRaw,
  encodeScored,
} from '../../src/domain/wire.ts';
import { wireSchemas } from '../../src/domain/wire-schemas.ts';
import { scored, settings, T0, tick } from '../ledger/scored.ts';
import { exampleAlert } from '../notify/alerts.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 });
const someText = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
/** From the year 1 to 9999: what ISO 8601 writes with four digits. */
const instant = fc.integer({ min: Date.UTC(1, 0, 1), max: Date.UTC(9999, 11, 31) });
const p = fc.integer({ min: 0, max: 10_000 }).map((n) => n / 10_000);
const sentiment = fc.record({ negative: p, neutral: p, positive: p });

const articleFields = {
  id: someText,
  source: text,
  url: text,
  title: someText,
  summary: text,
  publishedAt: instant,
  appendedAt: instant,
  dated: fc.boolean(),
  language: text,
  tickers: fc.array(text, { maxLength: 3 }),
};
const article: fc.Arbitrary<Article> = fc.record(articleFields);
const scoredArticle: fc.Arbitrary<ScoredArticle> = fc.record({
  ...articleFields,
  sentiment,
  topics: fc.array(fc.record({ label: text, p }), { minLength: 1, maxLength: 3 }),
  entities: fc.array(fc.record({ symbol: someText, name: text, sentiment }), { maxLength: 3 }),
  fingerprint: fc.record({ exact: text, simhash: fc.stringMatching(/^[0-9a-f]{16}$/), words: fc.nat(100) }),
  bundle: text,
});
const alert: fc.Arbitrary<Alert> = fc
  .record({
    id: someText,
    openedAt: instant,
    updatedAt: instant,
    resolvedAt: fc.option(instant),
    symbol: fc.stringMatching(/^[A-Z.]{1,6}$/),
  })
  .map(({ symbol, ...change }) => exampleAlert({ ...change, series: `entity:${symbol}` }));
const letter: fc.Arbitrary<DeadLetter> = fc.record({
  ...{ stage: text, code: text, reason: text, origin: text, payload: text, requeueTo: text, at: instant },
});

/** Fast-check's records have no prototype; what is decoded has one. */
const plain = <T>(value: T): T => structuredClone(value);

describe('the wire format', () => {
  it('gives back every raw article as it was', () => {
    fc.assert(
      fc.property(article, (each) =>
        assert.deepEqual(decodeRaw(encodeRaw({ type: 'article', article: each })), plain({ type: 'article', article: each })),
      ),
    );
  });

  it('gives back every scored article as it was', () => {
    fc.assert(
      fc.property(scoredArticle, (each) =>
        assert.deepEqual(
          decodeScored(encodeScored({ type: 'article', article: each })),
          plain({ type: 'article', article: each }),
        ),
      ),
    );
  });

  it('gives back every alert with its version, and every dead letter', () => {
    fc.assert(
      fc.property(alert, fc.nat(), (each, version) =>
        assert.deepEqual(decodeAlert(encodeAlert({ version, alert: each })), plain({ version, alert: each })),
      ),
    );
    fc.assert(fc.property(letter, (each) => assert.deepEqual(decodeDeadLetter(encodeDeadLetter(each)), plain(each))));
  });

  it('gives back ticks, promotions and settings', () => {
    const records = [tick(T0), settings({ windowsMs: [60_000] }), { type: 'promotion', bundle: 'b@1', at: T0 } as const];
    for (const record of records) assert.deepEqual(decodeScored(encodeScored(record)), record);
    assert.deepEqual(decodeRaw(encodeRaw({ type: 'tick', at: T0 })), tick(T0));
  });

  it('writes instants so that anybody can read them', () => {
    assert.equal(encodeRaw({ type: 'tick', at: T0 }), '{"type":"tick","at":"2026-01-05T00:00:00.000Z"}');
  });

  it('rejects any other text as E_RECORD_INVALID, and nothing but that', () => {
    const isInvalid = (error: unknown): boolean => error instanceof BarographError && error.code === 'E_RECORD_INVALID';
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          fc.json(),
          fc.json().map((json) => `{"type":"article","title":${json}}`),
        ),
        (each) => {
          for (const decode of [decodeRaw, decodeScored, decodeAlert, decodeDeadLetter])
            assert.throws(() => decode(each), isInvalid);
        },
      ),
    );
  });

  it('takes an article of another program, and fills in what that left out from the time of the record', () => {
    const decode = (fields: object): Article => {
      const record = decodeRaw(JSON.stringify({ type: 'article', title: 'Oil slips', ...fields }), T0);
      assert.ok(record.type === 'article');
      return record.article;
    };
    const bare = decode({});
    assert.deepEqual([bare.publishedAt, bare.appendedAt, bare.dated, bare.source], [T0, T0, false, '']);
    assert.match(bare.id, /^[0-9a-f]{24}$/);
    assert.equal(decode({}).id, bare.id);
    const dated = decode({ publishedAt: '2026-01-04T23:00:00+01:00', url: 'https://example.com/a' });
    assert.deepEqual([dated.publishedAt, dated.dated], [T0 - 2 * 3_600_000, true]);
    assert.notEqual(dated.id, bare.id);
    const early = decode({ publishedAt: '2027-01-01T00:00:00Z' });
    assert.deepEqual([early.publishedAt, early.dated], [T0, false]);
    assert.throws(() => decodeRaw('{"type":"article","title":""}', T0), /title: /);
  });

  it('is published as JSON Schema (node src/domain/wire-schemas.ts writes it anew)', async () => {
    for (const [name, schema] of Object.entries(wireSchemas())) {
      const published = await readFile(new URL(`../../docs/schemas/${name}`, import.meta.url), 'utf8');
      assert.deepEqual(JSON.parse(published), JSON.parse(JSON.stringify(schema)), name);
    }
  });

  it('names the fields that are wrong', () => {
    const record = JSON.parse(encodeScored(scored({ id: 'a', title: 'A', at: T0 })));
    const decode = (changes: object) => (): unknown => decodeScored(JSON.stringify({ ...record, ...changes }));
    assert.throws(decode({ publishedAt: 'yesterday' }), /publishedAt: /);
    assert.throws(decode({ sentiment: { negative: 2, neutral: 0, positive: 0 } }), /sentiment\.negative: /);
    assert.throws(decode({ topics: [] }), /topics: /);
    assert.throws(decode({ type: 'other' }), /type: /);
  });
});
