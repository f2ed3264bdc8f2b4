import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { licenceOf } from '../../../src/model/hub/licence.ts';
import { folderNameOf, isRepository, parseRepository, repositoryOf } from '../../../src/model/hub/repository.ts';

test('a repository is named as on the hub, at main unless a revision is given', () => {
  assert.deepEqual(parseRepository('roberta-base'), { repository: 'roberta-base', revision: 'main' });
  assert.deepEqual(parseRepository('a_b/C.d-e@refs/pr/1'), { repository: 'a_b/C.d-e', revision: 'refs/pr/1' });
  for (const text of [
    '',
    'a/b/c',
    '../b',
    'a/..',
    '/a',
    'a/',
    'a--b/c',
    'a/b.git',
    '-a/b',
    'a/b-',
    'a b',
    'a\\b',
    `a/${'b'.repeat(96)}`,
  ])
    assert.throws(() => parseRepository(text), { code: 'E_USAGE', message: /is no model of a hub/ }, text);
  for (const text of ['a/b@', 'a/b@x y', 'a/b@x\n'])
    assert.throws(() => parseRepository(text), { code: 'E_USAGE', message: /is no revision/ }, text);
});

test("a repository's folder has one name that is plain, and leads back to it", () => {
  const name = fc.stringMatching(/^[\w.-]{1,12}(?:\/[\w.-]{1,12})?$/).filter(isRepository);
  fc.assert(
    fc.property(name, (repository) => {
      const folder = folderNameOf(repository);
      assert.match(folder, /^\w[\w.-]*$/);
      assert.equal(repositoryOf(folder), repository);
    }),
  );
});

test('a licence is what the front matter of a card names', () => {
  assert.equal(licenceOf('---\nlicense: mit\n---\n# A'), 'mit');
  assert.equal(licenceOf('\uFEFF---\r\nlicense:\r\n- mit\r\n- apache-2.0\r\n---\r\n'), 'mit, apache-2.0');
  assert.equal(licenceOf('---\nlicense: other\nlicense_name: my-own\n---'), 'my-own');
  for (const text of ['# A\nlicense: mit', '---\nlicense: mit', '---\nlicense: [\n---\n', '---\nlanguage: en\n---\n', ''])
    assert.equal(licenceOf(text), undefined);
});
