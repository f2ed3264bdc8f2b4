import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { htmlToText } from '../../src/text/html-to-text.ts';

/** Any UTF-16 at all, lone surrogates too. */
const anyText = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 80 }).map((units) => String.fromCharCode(...units));

test('decodes entities, also when they were escaped twice', () => {
  assert.equal(htmlToText('AT&amp;T &#8217;s &quot;deal&quot; &mdash; 5 &lt; 6 &gt; 4', 200), 'AT&T ’s "deal" — 5 < 6 > 4');
  assert.equal(htmlToText('S&amp;amp;P 500 &amp;#39;falls&amp;#39;', 200), "S&P 500 'falls'");
  assert.equal(htmlToText('It&#146;s 3&nbsp;% &euro;5', 200), 'It’s 3 % €5');
});

test('takes markup away, with the content of scripts and styles', () => {
  assert.equal(
    htmlToText('<p>Shares <b>fall</b><script>alert(1)</script><style>a{}</style></p><p>5&nbsp;%</p>', 200),
    'Shares fall 5 %',
  );
  assert.equal(htmlToText('&lt;p&gt;Profit &lt;a href="http://e.com"&gt;up&lt;/a&gt;&lt;/p&gt;', 200), 'Profit up');
  assert.equal(htmlToText('<img src=x onerror=alert(1)>Bank fails', 200), 'Bank fails');
  assert.equal(htmlToText('<h1>Fed holds</h1><ul><li>one</li></ul>', 200), 'Fed holds * one');
});

test('leaves comparison signs and ampersands of plain text alone', () => {
  assert.equal(htmlToText('P/E < 10 & yield > 4 % at M&A desk; R&D', 200), 'P/E < 10 & yield > 4 % at M&A desk; R&D');
});

test('removes control characters and bidirectional overrides, folds white space and replaces lone surrogates', () => {
  assert.equal(htmlToText('a\u0000b\u202Ec\u2066\n\t  d\u00a0e\ufeff', 200), 'abc d e');
  assert.equal(htmlToText('x\ud800y', 200), 'x\ufffdy');
  assert.equal(htmlToText('مرحبا 👩‍👩‍👧 שלום', 200), 'مرحبا 👩‍👩‍👧 שלום');
});

test('cuts a megabyte to the limit at a word, without parting a surrogate pair', () => {
  const long = htmlToText('word '.repeat(200_000), 100);
  assert.ok(long.length <= 100 && long.endsWith('word…'));
  const emoji = htmlToText('😀'.repeat(600_000), 99);
  assert.ok(emoji.length <= 99 && emoji.isWellFormed());
});

test('reads deep or endless markup in bounded time', { timeout: 5000 }, () => {
  assert.equal(htmlToText(`${'<div>'.repeat(300_000)}text`, 100).includes('<div'), false);
  assert.ok(htmlToText('<'.repeat(1_000_000), 100).length <= 100);
  assert.ok(htmlToText('&'.repeat(1_000_000), 100).length <= 100);
});

test('never returns a tag, a control character, doubled space or more than the limit', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '</',
    'b',
    'script',
    '&lt;',
    '&amp;',
    '&gt;',
    '&#60;',
    ' ',
    '\n',
    '\u0000',
    '"',
    "'",
    '=',
    '!--',
    '-->',
    'é',
    '\ud83d',
    '😀',
    '&nbsp;',
    '\u200b',
  );
  const html = fc.oneof(
    fc.array(piece, { maxLength: 40 }).map((parts) => parts.join('')),
    anyText,
  );
  fc.assert(
    fc.property(html, fc.integer({ min: 5, max: 60 }), (text, limit) => {
      const plain = htmlToText(text, limit);
      assert.doesNotMatch(plain, /<[a-z!/?][^<>]*>/i);
      assert.doesNotMatch(plain, /\p{Cc}|\s\s|^\s|\s$/u);
      assert.ok(plain.length <= limit && plain.isWellFormed());
    }),
    { numRuns: 3000 },
  );
});
