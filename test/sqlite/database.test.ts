import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { SqliteLog } from '../../src/log/sqlite.ts';
import { openDatabase, transaction } from '../../src/sqlite/database.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const SCHEMA = 'CREATE TABLE IF NOT EXISTS t (n INTEGER)';

describe('an embedded database', () => {
  let path: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    const folder = await temporaryFolder();
    path = join(folder.path, 'deeper', 'log.db');
    remove = folder.remove;
  });
  afterEach(() => remove());

  it('fails with E_DISK_FULL at its quota, appends nothing of what did not fit, and can be read afterwards', async () => {
    const log = new SqliteLog(path, { maxPages: 60 });
    const value = 'x'.repeat(2000);
    let appended = 0;
    await assert.rejects(
      async () => {
        for (; appended < 10_000; appended += 4) {
          await log.append(
            'news.raw',
            Array.from({ length: 4 }, (_, n) => ({ key: String(appended + n), value })),
          );
        }
      },
      { code: 'E_DISK_FULL', facts: { path } },
    );
    assert.ok(appended > 0);
    const keys = async (of: SqliteLog): Promise<string[]> => {
      const found: string[] = [];
      for await (const chunk of of.read('news.raw', 0, 0)) found.push(...chunk.map(({ key }) => key));
      return found;
    };
    const expected = Array.from({ length: appended }, (_, n) => String(n));
    assert.deepEqual(await keys(log), expected);
    await log.close();

    const roomier = new SqliteLog(path);
    await roomier.append('news.raw', [{ key: 'more', value }]);
    assert.deepEqual(await keys(roomier), [...expected, 'more']);
    await roomier.close();
  });

  it('lets a second writer wait until the first is done', async () => {
    const db = openDatabase({ path, schema: SCHEMA });
    const other = new Worker(
      `const { workerData, parentPort } = require('node:worker_threads');
       const { DatabaseSync } = require('node:sqlite');
       const db = new DatabaseSync(workerData);
       db.exec('BEGIN IMMEDIATE; INSERT INTO t VALUES (1)');
       parentPort.postMessage('holding');
       setTimeout(() => { db.exec('COMMIT'); db.close(); }, 100);`,
      { eval: true, workerData: path },
    );
    await new Promise((resolve) => other.once('message', resolve));
    transaction(db, path, () => db.exec('INSERT INTO t VALUES (2)'));
    assert.deepEqual(
      db
        .prepare('SELECT n FROM t')
        .all()
        .map(({ n }) => n),
      [1, 2],
    );
    db.close();
    await other.terminate();
  });

  it('undoes a transaction that fails, and passes the error on as it is', () => {
    const db = openDatabase({ path, schema: SCHEMA });
    const error = new TypeError('a bug');
    assert.throws(
      () =>
        transaction(db, path, () => {
          db.exec('INSERT INTO t VALUES (1)');
          throw error;
        }),
      error,
    );
    assert.equal(db.prepare('SELECT count(*) AS n FROM t').get()?.n, 0);
    db.close();
  });

  it('fails with E_DATA_CORRUPT and names a file that is no database', async () => {
    openDatabase({ path, schema: SCHEMA }).close();
    await writeFile(path, 'no database at all. '.repeat(300));
    assert.throws(() => openDatabase({ path, schema: SCHEMA }), {
      code: 'E_DATA_CORRUPT',
      facts: { path },
      message: /deeper\/log\.db is damaged/,
    });
  });

  it('fails with E_DATA_LOCKED where a file stands in the way of its folder', async () => {
    await writeFile(join(path, '..', '..', 'deeper'), '');
    assert.throws(() => openDatabase({ path, schema: SCHEMA }), { code: 'E_DATA_LOCKED' });
  });
});
