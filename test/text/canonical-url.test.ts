import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { canonicalUrl } from '../../src/text/canonical-url.ts';

test('gives two addresses of one article one form', () => {
  const form = 'https://example.com/a/B?id=7&x=1';
  for (const address of [
    'https://EXAMPLE.com:443/a/B?id=7&x=1#top',
    ' https://example.com/a/B?utm_source=rss&id=7&utm_Medium=feed&x=1&fbclid=zz ',
    'https://user:pw@example.com./a/B?id=7&gclid=1&x=1&mc_cid=2',
    'https://example.com/a/B?id=7&&x=1&%75tm_campaign=q',
  ]) {
    assert.equal(canonicalUrl(address), form);
  }
});

test('keeps the order and spelling of the query that remains', () => {
  assert.equal(canonicalUrl('http://e.com/?b=%20x&a=+y&utm_id=1'), 'http://e.com/?b=%20x&a=+y');
  assert.equal(canonicalUrl('http://e.com/p?utm_id=1'), 'http://e.com/p');
  assert.equal(canonicalUrl('http://e.com/p?'), 'http://e.com/p');
});

test('resolves a relative address against the feed', () => {
  assert.equal(canonicalUrl('/news/1', 'https://e.com/rss/all.xml'), 'https://e.com/news/1');
  assert.equal(canonicalUrl('//cdn.e.com/x', 'https://e.com/rss'), 'https://cdn.e.com/x');
});

test('gives nothing for what a browser should not open', () => {
  for (const address of [
    'javascript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'mailto:a@e.com',
    'vbscript:x',
    '',
    'no address',
    'http://',
    `https://e.com/${'x'.repeat(3000)}`,
  ]) {
    assert.equal(canonicalUrl(address), '', address);
  }
  assert.equal(canonicalUrl('javascript:alert(1)', 'https://e.com/'), '');
});

test('is stable: the canonical form of a canonical form is itself', () => {
  const query = fc.array(fc.tuple(fc.constantFrom('a', 'utm_x', 'q', 'fbclid', '%zz', ''), fc.string({ maxLength: 4 })));
  fc.assert(
    fc.property(fc.webUrl({ withFragments: true }), query, (url, pairs) => {
      const once = canonicalUrl(`${url.replace(/#.*/, '')}?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}`);
      assert.equal(canonicalUrl(once), once);
      assert.doesNotMatch(once, /[?&](utm_x|fbclid)=|#/);
    }),
  );
});
