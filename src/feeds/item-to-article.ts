import { setImmediate } from 'node:timers/promises';
import type { Article, Instant } from '../domain/article.ts';
import { articleId, contentId } from '../domain/article-id.ts';
import { canonicalUrl } from '../text/canonical-url.ts';
import { htmlToText, MAX_SUMMARY, MAX_TITLE } from '../text/html-to-text.ts';
import { parseDate } from './dates.ts';
import type { FeedDocument, FeedItem } from './feed-items.ts';
import type { UnusableItem } from './port.ts';

/** What an article has from its feed and not from its item. */
export interface ItemContext {
  readonly source: string;
  /** What relative links are relative to; `''` for a file. */
  readonly feedUrl: string;
  readonly appendedAt: Instant;
  /** Used when neither item nor feed names one. */
  readonly language: string;
}

export interface ItemsRead {
  readonly articles: readonly Article[];
  readonly unusable: readonly UnusableItem[];
  /** Ids of all items of the document, known ones too, in its order. */
  readonly ids: readonly string[];
}

const MAX_PAYLOAD = 65_536;

/**
 * Makes articles of those items whose id is not known yet; first of equal ids wins. An address that several different items of
 * one document share names none of them, nor does such a guid: then the next identity is taken. Yields to the event loop
 * every few milliseconds.
 */
export async function articlesOf(document: FeedDocument, context: ItemContext, known: ReadonlySet<string>): Promise<ItemsRead> {
  const urls = await urlsOf(document.items, context);
  const shared = sharedIdentities(document.items, urls);
  const language = document.language || context.language;
  const ids: string[] = [];
  const found = new Set<string>();
  const articles: Article[] = [];
  const unusable: UnusableItem[] = [];
  for (const [index, item] of document.items.entries()) {
    if (index % 25 === 24) await setImmediate();
    const identity = identityOf(item, urls[index] ?? '', context, shared);
    // Without address and guid the text is the identity, so that the text must be read first.
    if (identity.id !== '' && (found.has(identity.id) || known.has(identity.id))) {
      ids.push(identity.id);
      found.add(identity.id);
      continue;
    }
    const article = articleOf(item, context, language, identity);
    const id = typeof article === 'string' ? contentId(`unusable\n${JSON.stringify(item)}`) : article.id;
    ids.push(id);
    if (found.has(id) || known.has(id)) continue;
    found.add(id);
    if (typeof article === 'string')
      unusable.push({ code: 'E_RECORD_INVALID', reason: article, payload: JSON.stringify(item).slice(0, MAX_PAYLOAD) });
    else articles.push(article);
  }
  return { articles, unusable, ids };
}

interface Identity {
  /** `''` when only the text can tell. */
  readonly id: string;
  readonly url: string;
  readonly guid: string;
}

async function urlsOf(items: readonly FeedItem[], context: ItemContext): Promise<string[]> {
  const urls: string[] = [];
  for (const item of items) {
    urls.push(urlOf(item, context));
    if (urls.length % 500 === 0) await setImmediate();
  }
  return urls;
}

function urlOf(item: FeedItem, context: ItemContext): string {
  for (const link of item.links) {
    const url = canonicalUrl(link, /^https?:/.test(context.feedUrl) ? context.feedUrl : undefined);
    if (url !== '') return url;
  }
  return '';
}

function sharedIdentities(items: readonly FeedItem[], urls: readonly string[]): ReadonlySet<string> {
  const holders = new Map<string, string>();
  const shared = new Set<string>();
  const note = (identity: string, holder: string): void => {
    const other = holders.get(identity);
    if (other === undefined) holders.set(identity, holder);
    else if (other !== holder) shared.add(identity);
  };
  for (const [index, item] of items.entries()) {
    const url = urls[index] ?? '';
    if (url !== '') note(`url\n${url}`, `${item.guid}\n${item.title}`);
    if (item.guid !== '') note(`guid\n${item.guid}`, `${url}\n${item.title}`);
  }
  return shared;
}

function identityOf(item: FeedItem, url: string, context: ItemContext, shared: ReadonlySet<string>): Identity {
  const guid = shared.has(`guid\n${item.guid}`) ? '' : item.guid.trim();
  const identifying = shared.has(`url\n${url}`) ? '' : url;
  const id =
    identifying === '' && guid === ''
      ? ''
      : articleId({ url: identifying, source: context.source, guid, publishedAt: 0, title: '' });
  return { id, url, guid };
}

/** The article, or the reason why there is none. */
function articleOf(item: FeedItem, context: ItemContext, language: string, identity: Identity): Article | string {
  const summary = htmlToText(item.summary, MAX_SUMMARY);
  const title = htmlToText(item.title, MAX_TITLE) || firstSentence(summary);
  if (title === '') return 'The item has neither a title nor a summary.';
  const date = item.dates.map(parseDate).find((at) => at !== undefined);
  const dated = date !== undefined && date <= context.appendedAt;
  const publishedAt = dated ? date : context.appendedAt;
  // The time of the poll is no part of the identity: an undated item is the same at the next poll.
  const id =
    identity.id ||
    articleId({ url: '', source: context.source, guid: '', publishedAt: date ?? 0, title: `${context.source} ${title}` });
  return {
    id,
    source: context.source,
    url: identity.url,
    title,
    summary: summary === title ? '' : summary,
    publishedAt,
    appendedAt: context.appendedAt,
    dated,
    language: languageTag(item.language || language),
    tickers: [],
  };
}

function firstSentence(text: string): string {
  const end = /[.!?](?=\s+\p{Lu})/u.exec(text);
  return htmlToText(end === null ? text : text.slice(0, end.index + 1), 300);
}

function languageTag(text: string): string {
  const tag = text.trim().replace(/_/g, '-');
  return /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/.test(tag) ? tag : '';
}
