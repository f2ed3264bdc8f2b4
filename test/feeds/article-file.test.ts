import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type ArticleFileOptions, detectFormat, type FileRecord, readArticleFile } from '../../src/feeds/article-file.ts';

/** Any UTF-16 at all, lone surrogates too. */
const anyText = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 80 }).map((units) => String.fromCharCode(...units));

const NOW = Date.UTC(2026, 10, 24, 16);
const replay: ArticleFileOptions = { replay: true, clock: { now: () => NOW } };
const ingest: ArticleFileOptions = { replay: false, clock: { now: () => NOW } };

async function collect(records: AsyncIterable<FileRecord>): Promise<FileRecord[]> {
  const all: FileRecord[] = [];
  for await (const record of records) all.push(record);
  return all;
}

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'barograph-file-'));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

async function read(t: TestContext, name: string, content: string | Uint8Array, options = replay): Promise<FileRecord[]> {
  const path = join(await folder(t), name);
  await writeFile(path, content);
  return collect(readArticleFile(path, options));
}

const faults = (records: FileRecord[]): unknown[] =>
  records.filter(({ fault }) => fault !== undefined).map(({ line, fault }) => [line, fault]);

test('reads NDJSON, compressed or not, as articles on their own clock', async (t) => {
  const row = JSON.stringify({ id: '7', ts: '2015-12-31T10:00:00Z', ticker: 'brk-b', text: 'RT @x: S&amp;P up <b>5</b> %' });
  for (const content of [row, `${row}\n`, `\ufeff${row}\r\n\n`, gzipSync(row)]) {
    const records = await read(t, 'news.ndjson.gz', content);
    assert.equal(records.length, 1);
    const { article, ...rest } = records[0]!; // just counted
    assert.deepEqual(rest, { line: 1, lines: 1, fault: undefined, payload: '' });
    const at = Date.UTC(2015, 11, 31, 10);
    assert.deepEqual(
      { ...article, id: '' },
      {
        id: '',
        source: 'news',
        url: '',
        title: 'RT @x: S&P up 5 %',
        summary: '',
        publishedAt: at,
        appendedAt: at,
        dated: true,
        language: '',
        tickers: ['BRK.B'],
      },
    );
  }
});

test('reads CSV with quotes, commas and line breaks, its columns by several names', async (t) => {
  const records = await read(
    t,
    'n.csv',
    '\ufeffDate,Headline,Published_At,Link,Tickers,Description\n2018-03-20,"Oil, ""gas"" and\nmore",,https://E.com/a?utm_x=1,"AAPL, msft",Some text\n\n2018-03-21,Second,,,,\n',
  );
  assert.deepEqual(
    records.map(({ line, article }) => [
      line,
      article?.title,
      article?.url,
      article?.tickers,
      article?.summary,
      article?.publishedAt,
    ]),
    [
      [2, 'Oil, "gas" and more', 'https://e.com/a', ['AAPL', 'MSFT'], 'Some text', Date.UTC(2018, 2, 20)],
      [4, 'Second', '', [], '', Date.UTC(2018, 2, 21)],
    ],
  );
});

test('unites the tickers of adjacent rows with one id, and says how many rows it was', async (t) => {
  const row = (id: string, ticker: string): string => JSON.stringify({ id, ts: '2015-01-01T00:00:00Z', ticker, text: `t${id}` });
  const records = await read(
    t,
    'a.ndjson',
    [row('1', 'AMZN'), row('1', 'FB'), row('1', 'FB'), row('2', 'GOOG'), row('1', 'T'), row('', 'X'), row('', 'Y')].join('\n'),
  );
  assert.deepEqual(
    records.map(({ line, lines, article }) => [line, lines, article?.tickers]),
    [
      [1, 3, ['AMZN', 'FB']],
      [4, 1, ['GOOG']],
      [5, 1, ['T']],
      [6, 1, ['X']],
      [7, 1, ['Y']],
    ],
  );
  assert.equal(records[0]?.article?.id, records[2]?.article?.id);
});

test('gives what is wrong with a row as a value, with its line, and goes on', async (t) => {
  const records = await read(
    t,
    'a.ndjson',
    [
      '{"text": "ok", "ts": "2015-01-01"}',
      '{"text": ',
      '[]',
      '{"text": " "}',
      '{"text": "x", "ts": "someday"}',
      'null',
      '{"title": {"a": 1}}',
      '{"title": "last"}',
    ].join('\n'),
  );
  assert.deepEqual(
    faults(records).map((fault) => (Array.isArray(fault) ? fault[0] : 0)),
    [2, 3, 4, 5, 6, 7],
  );
  assert.equal(records[1]?.payload, '{"text": ');
  assert.match(records[4]?.fault ?? '', /date.*"someday"/);
  assert.equal(records.at(-1)?.article?.title, 'last');
});

test('gives a row without a date that of the row before, in a replay; else the arrival', async (t) => {
  const content = '{"text":"a"}\n{"text":"b","ts":"2015-01-01T00:00:00Z"}\n{"text":"c"}\n';
  const records = await read(t, 'a.ndjson', content);
  assert.match(records[0]?.fault ?? '', /no row before has one/);
  assert.deepEqual([records[2]?.article?.publishedAt, records[2]?.article?.dated], [Date.UTC(2015, 0, 1), false]);
  const arrived = await read(t, 'a.ndjson', content, ingest);
  assert.deepEqual(
    arrived.map(({ article }) => [article?.publishedAt, article?.appendedAt, article?.dated]),
    [
      [NOW, NOW, false],
      [Date.UTC(2015, 0, 1), NOW, true],
      [NOW, NOW, false],
    ],
  );
});

test('takes a future date of an ingested row for none', async (t) => {
  const [record] = await read(t, 'a.ndjson', '{"text":"a","ts":"2026-11-25"}', ingest);
  assert.deepEqual([record?.article?.publishedAt, record?.article?.dated], [NOW, false]);
});

test('refuses as a whole what it cannot read at all, naming what is wrong', async (t) => {
  await assert.rejects(read(t, 'a.csv', 'a,b\n1,2\n'), {
    code: 'E_INPUT_INVALID',
    message: /no column title, headline or text, but a, b/,
  });
  await assert.rejects(read(t, 'a.json', '[{"title":"x"}]'), { code: 'E_INPUT_INVALID', message: /JSON array/ });
  await assert.rejects(read(t, 'a.xml', '<rss/>'), { code: 'E_INPUT_INVALID', message: /XML/ });
  const zip = gzipSync('{"text":"a","ts":"2015-01-01"}\n'.repeat(10_000));
  await assert.rejects(read(t, 'a.ndjson.gz', zip.subarray(0, zip.length - 20)), { code: 'E_INPUT_INVALID' });
  await assert.rejects(collect(readArticleFile('/nowhere/a.csv', replay)), { code: 'E_INPUT_MISSING' });
  await assert.rejects(collect(readArticleFile(tmpdir(), replay)), { code: 'E_INPUT_MISSING' });
});

test('tells the format by the name, else by the content', async (t) => {
  const path = await folder(t);
  const format = async (name: string, content: string): Promise<string> => {
    await writeFile(join(path, name), content);
    return detectFormat(join(path, name));
  };
  assert.equal(await format('a.jsonl', 'nonsense'), 'ndjson');
  assert.equal(await format('a', ' {"a":1}'), 'ndjson');
  assert.equal(await format('b', '<?xml version="1.0"?>'), 'feed');
  assert.equal(await format('c', 'date,title'), 'csv');
  assert.equal(await format('c.rss', ''), 'feed');
});

test('skips a line without end instead of keeping it, and a broken CSV row instead of stopping', async (t) => {
  const records = await read(t, 'a.ndjson', `{"text":"${'x'.repeat(5_000_000)}"}\n{"text":"ok","ts":"2015-01-01"}\n`);
  assert.deepEqual([records.length, records[1]?.article?.title], [2, 'ok']);
  assert.match(records[0]?.fault ?? '', /at most/);
  const csv = await read(t, 'a.csv', `date,title\n2015-01-01,a\n2015-01-02,"unclosed ${'y'.repeat(100)}\n2015-01-03,c\n`);
  assert.equal(csv[0]?.article?.title, 'a');
  assert.equal(csv.length, 2);
  assert.match(csv[1]?.fault ?? csv[1]?.article?.title ?? '', /unclosed|CSV/i);
});

test('reads what it is given in any pieces: rows survive, whatever they hold', async (t) => {
  const path = join(await folder(t), 'p.ndjson');
  const rows = fc.array(
    fc.record({
      text: anyText,
      id: fc.string({ maxLength: 3 }),
      ts: fc.constant('2015-01-01T00:00:00Z'),
    }),
    { maxLength: 20 },
  );
  await fc.assert(
    fc.asyncProperty(rows, async (list) => {
      await writeFile(path, list.map((row) => JSON.stringify(row)).join('\n'));
      const records = await collect(readArticleFile(path, replay));
      assert.equal(
        records.reduce((sum, { lines }) => sum + lines, 0),
        list.length,
      );
    }),
    { numRuns: 50 },
  );
});

test('stops reading when nobody wants more', async (t) => {
  const path = join(await folder(t), 'a.ndjson');
  await writeFile(path, '{"text":"a","ts":"2015-01-01"}\n'.repeat(50_000));
  for await (const record of readArticleFile(path, replay)) {
    assert.equal(record.line, 1);
    break;
  }
});
