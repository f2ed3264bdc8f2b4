import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_UNITS, prepareText } from '../../src/model/text-preparation.ts';

test('decodes HTML entities once', () => {
  assert.equal(prepareText('AT&amp;T &lt;b&gt; &#39;x&#39; &#x20AC;5 &quot;y&quot;&nbsp;z'), `AT&T <b> 'x' €5 "y" z`);
  assert.equal(prepareText('&amp;amp; &amp;#39;'), '&amp; &#39;');
});

test('leaves alone what is no entity', () => {
  const text = 'S&P 500 &unknown; &#0; &#xD800; &#x110000; &constructor; R&D;';
  assert.equal(prepareText(text), text);
});

test('leaves out web addresses and keeps cashtags', () => {
  assert.equal(prepareText('$BYND falls https://t.co/bd0xbFGjkT www.example.com/a?b=c -3%'), '$BYND falls -3%');
});

test('makes one space of white space and control characters', () => {
  assert.equal(prepareText('\u0000 a\r\n\tb\u00a0\u2003c\u0085 '), 'a b c');
});

test('makes any string well-formed, bounded and free of control characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), fc.constantFrom('', '\ud83d', '\udc00'), (text, surrogate) => {
      const prepared = prepareText(surrogate + text);
      assert.ok(prepared.isWellFormed());
      assert.ok(prepared.length <= MAX_UNITS);
      assert.equal(prepared.trim(), prepared);
    }),
  );
});

test('prepares what is prepared already to itself, but for what was encoded twice', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 100 }), (text) => {
      fc.pre(!text.includes('&'));
      assert.equal(prepareText(prepareText(text)), prepareText(text));
    }),
  );
});
