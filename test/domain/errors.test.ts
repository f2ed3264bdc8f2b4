import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { ERRORS } from '../../src/domain/errors.ts';

test('docs/errors.md describes every code as the table has it', async () => {
  const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const rows = Object.entries(ERRORS).map(([code, { fate, means, todo }]) => `| \`${code}\` | ${fate} | ${means} | ${todo} |`);
  assert.deepEqual(
    page.split('\n').filter((line) => line.startsWith('| `E_')),
    rows,
  );
});
