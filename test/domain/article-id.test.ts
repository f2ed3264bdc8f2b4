import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { articleId, normaliseText } from '../../src/domain/article-id.ts';

const from = { url: '', source: 'wire', guid: '', publishedAt: 1_767_571_200_000, title: 'Profit falls' };
const text = fc.string({ unit: 'binary' });

describe('the identity of an article', () => {
  it('is its URL, whatever else differs', () => {
    const url = 'https://a.example/1';
    assert.equal(articleId({ ...from, url }), articleId({ url, source: 'b', guid: 'g', publishedAt: 0, title: 'Other' }));
  });

  it('is source and guid without a URL, whatever the title and the date', () => {
    const guid = articleId({ ...from, guid: 'g' });
    assert.equal(guid, articleId({ ...from, guid: 'g', title: 'Other', publishedAt: 0 }));
    assert.notEqual(guid, articleId({ ...from, guid: 'g', source: 'other' }));
  });

  it('is else the date and the words of the title, whatever its case and punctuation', () => {
    assert.equal(articleId(from), articleId({ ...from, source: 'other', title: ' PROFIT — falls! ' }));
    assert.notEqual(articleId(from), articleId({ ...from, publishedAt: 0 }));
    assert.notEqual(articleId(from), articleId({ ...from, title: 'Profit rises' }));
  });

  it('is 24 hex digits that stay the same for ever', () => {
    assert.equal(articleId(from), 'f1b4f99a16ec70dbbe68ffa8');
    fc.assert(fc.property(text, text, (url, title) => /^[0-9a-f]{24}$/.test(articleId({ ...from, url, title }))));
  });

  it('normalises a text once and for all', () => {
    fc.assert(fc.property(text, (each) => normaliseText(normaliseText(each)) === normaliseText(each)));
    assert.equal(normaliseText('  Größe:\tＡＢＣ-12 % '), 'größe abc 12');
  });
});
