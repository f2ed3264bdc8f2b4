import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type DatabaseOptions, openDatabase } from '../../src/sqlite/database.ts';
import { SqliteWriter } from '../../src/sqlite/writer.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const INSERT = 'INSERT INTO t VALUES (?)';

describe('a writer with a thread of its own', () => {
  let options: DatabaseOptions;
  let writer: SqliteWriter;
  let db: ReturnType<typeof openDatabase>;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    const folder = await temporaryFolder();
    remove = folder.remove;
    options = { path: join(folder.path, 'some.db'), schema: 'CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY)' };
    db = openDatabase(options);
    writer = new SqliteWriter(options);
  });
  afterEach(async () => {
    await writer.close();
    db.close();
    await remove();
  });

  const numbers = (): number[] =>
    db
      .prepare('SELECT n FROM t ORDER BY n')
      .all()
      .map(({ n }) => Number(n));
  const insert = (...values: number[]): Promise<number> => writer.write([{ sql: INSERT, rows: values.map((value) => [value]) }]);

  it('has committed a write when it resolves, and says how many rows its last statement changed', async () => {
    assert.equal(await insert(1, 2, 3), 3);
    assert.deepEqual(numbers(), [1, 2, 3]);
    const changed = await writer.write([
      { sql: INSERT, rows: [[4]] },
      { sql: 'DELETE FROM t WHERE n > ?', rows: [[2]] },
    ]);
    assert.equal(changed, 2);
    assert.deepEqual(numbers(), [1, 2]);
  });

  it('undoes a write that fails, and that one only, among those that wait together', async () => {
    const results = await Promise.allSettled([insert(1), insert(2, 1), insert(3), insert(4)]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    );
    assert.deepEqual(numbers(), [1, 3, 4]);
  });

  it('fails with the code of the failure: at its quota, and when the file is no database any more', async () => {
    const small = new SqliteWriter({ ...options, maxPages: 20 });
    const rows = Array.from({ length: 20_000 }, (_, n) => [n]);
    await assert.rejects(small.write([{ sql: INSERT, rows }]), { code: 'E_DISK_FULL', facts: { path: options.path } });
    await small.close();
    assert.deepEqual(numbers(), []);
    db.close();
    await writeFile(options.path, 'no database at all. '.repeat(300));
    await assert.rejects(insert(1), { code: 'E_DATA_CORRUPT' });
    await writeFile(options.path, '');
    db = openDatabase(options);
    assert.equal(await insert(1), 1);
  });

  it('finishes what was asked for before it is closed, and can be closed again', async () => {
    const writes = [insert(1), insert(2)];
    await writer.close();
    await Promise.all(writes);
    await writer.close();
    assert.deepEqual(numbers(), [1, 2]);
  });
});
