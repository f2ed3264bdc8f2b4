import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { withReference } from '../../src/config/reference.ts';

test('docs/configuration.md describes the schema as it is (node src/config/reference.ts writes it anew)', async () => {
  const page = await readFile(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  assert.equal(withReference(page), page);
  assert.match(page, /\| `max_in_flight` \| `1024` \|/);
});
