import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import test from 'node:test';
import fc from 'fast-check';
import type { Article } from '../../src/domain/article.ts';
import { BarographError } from '../../src/domain/errors.ts';
import { parseFeed } from '../../src/feeds/poll.ts';

const NOW = Date.UTC(2026, 10, 24, 16);
const context = { source: 'wire', feedUrl: 'https://example.com/rss/all.xml', appendedAt: NOW, language: '' };
const never = new AbortController().signal;

async function parse(text: string | Uint8Array, feedUrl = context.feedUrl) {
  return parseFeed(typeof text === 'string' ? Buffer.from(text) : text, { ...context, feedUrl }, never);
}
const rss = (items: string, channel = ''): string =>
  `<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>T</title>${channel}${items}</channel></rss>`;
const one = async (item: string): Promise<Article> => {
  const { articles, unusable } = await parse(rss(`<item>${item}</item>`));
  assert.equal(articles.length, 1, JSON.stringify(unusable));
  return articles[0]!; // just counted
};
const malformed = (text: string | Uint8Array, message: RegExp) =>
  assert.rejects(
    parse(text),
    (error) => error instanceof BarographError && error.code === 'E_FEED_MALFORMED' && message.test(error.message),
  );

test('makes a complete article of an RSS item', async () => {
  const article = await one(
    '<title>Acme &amp;amp; Sons &lt;b&gt;falls&lt;/b&gt;</title><link> https://EXAMPLE.com/a?utm_source=x&amp;id=1#top </link><guid isPermaLink="false">g1</guid><pubDate>Tue, 24 Nov 2026 09:05:00 EST</pubDate><description><![CDATA[<p>Profit &nbsp;down <a href="x">9 %</a></p>]]></description><dc:language>en_US</dc:language>',
  );
  assert.match(article.id, /^[0-9a-f]{24}$/);
  assert.deepEqual(
    { ...article, id: '' },
    {
      id: '',
      source: 'wire',
      url: 'https://example.com/a?id=1',
      title: 'Acme & Sons falls',
      summary: 'Profit down 9 %',
      publishedAt: Date.UTC(2026, 10, 24, 14, 5),
      appendedAt: NOW,
      dated: true,
      language: 'en-US',
      tickers: [],
    },
  );
});

test('reads Atom, where one unreadable date or bare link spoils nothing', async () => {
  const { articles, unusable } = await parse(await readFile(new URL('../fixtures/feeds/atom.xml', import.meta.url)));
  assert.deepEqual(unusable, []);
  assert.deepEqual(
    articles.map(({ title, url, summary, publishedAt, dated }) => ({ title, url, summary, publishedAt, dated })),
    [
      {
        title: 'Acme & Sons cuts outlook',
        url: 'https://example.com/news/acme',
        summary: 'Shares fell by 9 %.',
        publishedAt: Date.UTC(2026, 10, 24, 13, 5),
        dated: true,
      },
      { title: 'No date at all', url: 'https://example.com/news/2', summary: 'Body text', publishedAt: NOW, dated: false },
    ],
  );
});

test('reads RDF in another charset, with HTML entities that XML does not know', async () => {
  const { articles } = await parse(await readFile(new URL('../fixtures/feeds/rdf.xml', import.meta.url)));
  assert.deepEqual(
    articles.map(({ title, url, publishedAt, language }) => ({ title, url, publishedAt, language })),
    [
      { title: 'Café & bar index', url: 'https://bank.example/pr/2', publishedAt: Date.UTC(2026, 10, 23), language: 'en' },
      { title: 'Rates unchanged', url: 'https://bank.example/pr/1', publishedAt: Date.UTC(2026, 10, 24, 12, 45), language: 'en' },
    ],
  );
});

test('reads RSS 0.91, RSS without a version, and Atom with a prefix', async () => {
  for (const text of [
    '<rss version="0.91"><channel><title>T</title><item><title>x</title><link>http://e.com/1</link></item></channel></rss>',
    '<rss><channel><item><title>x</title><link>http://e.com/1</link></item></channel></rss>',
    '<atom:feed xmlns:atom="http://www.w3.org/2005/Atom"><atom:entry><atom:title>x</atom:title><atom:link href="http://e.com/1"/></atom:entry></atom:feed>',
    '\n junk <?xml version="1.0"?><!-- made by hand --><!DOCTYPE rss SYSTEM "http://e.com/rss.dtd"><rss version="2.0"><channel><item><title>x</title><link>http://e.com/1</link></item></channel></rss> trailing',
  ]) {
    const { articles } = await parse(text);
    assert.deepEqual(
      articles.map(({ title, url }) => [title, url]),
      [['x', 'http://e.com/1']],
      text,
    );
  }
});

test('puts the arrival for a date that is missing, unreadable or in the future, and says so', async () => {
  for (const date of [
    '',
    '<pubDate>soon</pubDate>',
    '<pubDate>Wed, 25 Nov 2026 09:00:00 GMT</pubDate>',
    '<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>',
  ]) {
    const article = await one(`<title>x</title><link>http://e.com/1</link>${date}`);
    assert.deepEqual([article.publishedAt, article.dated], [NOW, false], date);
  }
  const dc = await one('<title>x</title><link>http://e.com/1</link><pubDate>?</pubDate><dc:date>2026-11-24 14:05:00</dc:date>');
  assert.deepEqual([dc.publishedAt, dc.dated], [Date.UTC(2026, 10, 24, 14, 5), true]);
});

test('takes the first sentence of the summary where there is no title, and reports an item without any text', async () => {
  assert.equal(
    (await one('<link>http://e.com/1</link><description>Fed cuts rates by 0.5 points. More follows.</description>')).title,
    'Fed cuts rates by 0.5 points.',
  );
  const { articles, unusable } = await parse(
    rss(
      '<item><link>http://e.com/1</link></item><item><title> &lt;img src=x&gt; </title><guid>g</guid></item><item><title>ok</title></item>',
    ),
  );
  assert.deepEqual(
    articles.map(({ title }) => title),
    ['ok'],
  );
  assert.equal(unusable.length, 2);
  assert.deepEqual([unusable[0]?.code, JSON.parse(unusable[0]?.payload ?? '').links], ['E_RECORD_INVALID', ['http://e.com/1']]);
});

test('keeps no link that a browser should not open, and resolves relative ones', async () => {
  assert.equal((await one('<title>x</title><link>javascript:alert(1)</link><guid isPermaLink="false">g</guid>')).url, '');
  assert.equal((await one('<title>x</title><link>/news/7</link>')).url, 'https://example.com/news/7');
  assert.equal((await one('<title>x</title><guid>https://e.com/permanent</guid>')).url, 'https://e.com/permanent');
});

test('identifies items by link, else guid, else date and text, the same at every poll', async () => {
  const items =
    '<item><title>a</title><guid isPermaLink="false">g</guid></item><item><title>b</title></item><item><title>c</title><link>http://e.com/c</link></item>';
  const [first, second] = [
    await parse(rss(items)),
    await parseFeed(Buffer.from(rss(items)), { ...context, appendedAt: NOW + 60_000 }, never),
  ];
  assert.deepEqual(first.articles.map(({ id }) => id).sort(), second.articles.map(({ id }) => id).sort());
  assert.equal(new Set(first.articles.map(({ id }) => id)).size, 3);
});

test('counts a repeated item once, but takes items apart that share only a guid or a home page', async () => {
  const same = '<item><title>a</title><link>http://e.com/1</link><guid>g</guid></item>';
  assert.equal((await parse(rss(same + same))).articles.length, 1);
  const guids =
    '<item><title>a</title><guid isPermaLink="false">g</guid></item><item><title>b</title><guid isPermaLink="false">g</guid></item>';
  assert.equal((await parse(rss(guids))).articles.length, 2);
  const home =
    '<item><title>Halt AAA</title><link>http://e.com/</link></item><item><title>Halt BBB</title><link>http://e.com/</link></item>';
  const { articles } = await parse(rss(home));
  assert.deepEqual(
    articles.map(({ url }) => url),
    ['http://e.com/', 'http://e.com/'],
  );
  assert.equal(new Set(articles.map(({ id }) => id)).size, 2);
});

test('returns the articles oldest first', async () => {
  const item = (n: number): string =>
    `<item><title>${n}</title><link>http://e.com/${n}</link><pubDate>2026-11-2${n}</pubDate></item>`;
  assert.deepEqual(
    (await parse(rss(item(3) + item(1) + item(2)))).articles.map(({ title }) => title),
    ['1', '2', '3'],
  );
});

test('says what a body is that is no feed', async () => {
  await malformed('', /it is empty/);
  await malformed('<!DOCTYPE html><html><body><p>Not found</body></html>', /web page/);
  await malformed('<?xml version="1.0"?>\n<!-- x -->\n<html xmlns="http://www.w3.org/1999/xhtml"></html>', /web page/);
  await malformed('{"version": "https://jsonfeed.org/version/1"}', /JSON/);
  await malformed('plain text', /no XML/);
  await malformed('<opml><body/></opml>', /no channel, feed or RDF/);
  await malformed('<rss version="2.0"></rss>', /no channel, feed or RDF/);
  await malformed('<rss version="2.0"><channel><item><title>cut o', /broken/);
  await malformed(rss('<item><title>x</item>'), /broken/);
  await malformed(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]), /no XML/);
});

test('mends bare ampersands, control characters and impossible references', async () => {
  assert.equal(
    (await one('<title>AT&T \u0000up\u0008 &nbsp; R&D &#0;&#xD800;&#8364;5 &hellip;</title>')).title,
    'AT&T up R&D €5 …',
  );
});

test('does not unfold entities that a document declares itself', async () => {
  const bomb = `<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>${rss('<item><title>n &b; &x;</title></item>').replace(/^<\?xml[^>]*>/, '')}`;
  const { articles } = await parse(bomb);
  assert.ok((articles[0]?.title.length ?? 0) < 30);
  assert.doesNotMatch(articles[0]?.title ?? '', /aaaa|root:/);
});

test('cleans a hostile headline: script, direction marks, emoji, lone surrogate, a megabyte', async () => {
  assert.equal(
    (await one('<title>&lt;script&gt;alert(1)&lt;/script&gt;Fed \u202Ecuts 📉 &lt;img onerror=x&gt; مرحبا</title>')).title,
    'Fed cuts 📉 مرحبا',
  );
  const long = await one(`<title>${'very long '.repeat(100_000)}</title>`);
  assert.ok(long.title.length <= 1000);
});

test('parses a large feed without holding up the event loop', { timeout: 20_000 }, async () => {
  const item = (n: number): string =>
    `<item><title>Headline number ${n} &amp;amp; more</title><link>http://e.com/${n}</link><pubDate>Tue, 24 Nov 2026 09:05:00 GMT</pubDate><description>&lt;p&gt;${'words and words '.repeat(30)}&lt;/p&gt;</description></item>`;
  const bytes = Buffer.from(rss(Array.from({ length: 5000 }, (_, n) => item(n)).join('')));
  assert.ok(bytes.length > 3e6);
  await parse(bytes); // compiled and cached
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const { articles } = await parse(bytes);
  delay.disable();
  assert.equal(articles.length, 5000);
  assert.ok(delay.percentile(95) / 1e6 < 50, `95th percentile ${delay.percentile(95) / 1e6} ms`);
});

test('is not stopped by a document made to take long', { timeout: 20_000 }, async () => {
  const { articles } = await parse(
    rss(`<item><title>x</title><description><![CDATA[${'<'.repeat(150_000)}]]></description></item>`),
  );
  assert.equal(articles.length, 1);
  await malformed('<rss version="2.0"><channel>'.concat('<a>'.repeat(300_000)), /broken|cannot be read/);
});

test('rejects with E_FEED_MALFORMED or gives clean articles, whatever the bytes', async () => {
  const piece = fc.constantFrom(
    '<rss version="2.0">',
    '<channel>',
    '<item>',
    '<title>',
    'x',
    '</title>',
    '</item>',
    '</channel>',
    '</rss>',
    '<![CDATA[',
    ']]>',
    '&',
    '&amp;',
    '<link href="/a"/>',
    '<guid>',
    '</guid>',
    '<!--',
    '-->',
    '<feed>',
    '<entry>',
    '</entry>',
    '</feed>',
    '\u0000',
  );
  const body = fc.oneof(
    fc.array(piece, { maxLength: 30 }).map((parts) => Buffer.from(parts.join(''))),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  );
  await fc.assert(
    fc.asyncProperty(body, async (bytes) => {
      try {
        const { articles } = await parse(bytes);
        for (const article of articles)
          assert.ok(article.title !== '' && article.publishedAt <= article.appendedAt && article.title.isWellFormed());
      } catch (error) {
        assert.ok(error instanceof BarographError && error.code === 'E_FEED_MALFORMED', String(error));
      }
    }),
    { numRuns: 1000 },
  );
});
