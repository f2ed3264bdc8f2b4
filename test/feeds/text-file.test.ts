import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readColumns } from '../../src/feeds/text-file.ts';

async function texts(t: TestContext, name: string, content: string | Uint8Array, column: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'barograph-texts-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, name), content);
  const all: string[] = [];
  for await (const [text = ''] of readColumns(join(folder, name), [column])) all.push(text);
  return all;
}

test('gives one text a row, in order and unchanged, from CSV and NDJSON, compressed or not', async (t) => {
  const csv = 'label,text\n1,"a, ""b""\nc &amp; <b>"\n2,\n3,  last \n4\n';
  const expected = ['a, "b"\nc &amp; <b>', '', '  last ', ''];
  assert.deepEqual(await texts(t, 'a.csv', csv, 'text'), expected);
  assert.deepEqual(await texts(t, 'a.csv.gz', gzipSync(csv), 'text'), expected);
  assert.deepEqual(await texts(t, 'a.ndjson', '{"text":" a"}\n{"other":1}\n{"text":5}', 'text'), [' a', '', '5']);
  assert.deepEqual(await texts(t, 'empty.csv', '', 'text'), []);
});

test('rejects a file without the column, naming those that it has', async (t) => {
  await assert.rejects(texts(t, 'a.csv', 'x,y\n1,2\n', 'text'), { code: 'E_INPUT_INVALID', message: /no column text, but x, y/ });
  await assert.rejects(texts(t, 'a.ndjson', '{"x":1}', 'text'), { code: 'E_INPUT_INVALID', message: /no row has a field text/ });
});

test('rejects at a row that cannot be read, since leaving it out would shift the others', async (t) => {
  await assert.rejects(texts(t, 'a.ndjson', '{"text":"a"}\n{"text":', 'text'), { code: 'E_INPUT_INVALID', message: /line 2/ });
  await assert.rejects(texts(t, 'a.ndjson', '[1]', 'text'), { code: 'E_INPUT_INVALID', message: /line 1/ });
  await assert.rejects(texts(t, 'a.csv', 'text\n"open', 'text'), { code: 'E_INPUT_INVALID' });
});
