import { setImmediate } from 'node:timers/promises';
import Parser from 'rss-parser';
import { malformed, mendXml } from './mend-xml.ts';

/** One item with its fields as the feed wrote them: text that may hold HTML, nothing resolved, nothing checked. */
export interface FeedItem {
  readonly title: string;
  readonly summary: string;
  /** Candidates, best first. */
  readonly links: readonly string[];
  readonly guid: string;
  /** Candidates, best first: publication before update. */
  readonly dates: readonly string[];
  readonly language: string;
}

/** A feed as it was written. */
export interface FeedDocument {
  readonly title: string;
  readonly language: string;
  readonly items: readonly FeedItem[];
}

/** What is kept of one field; cleaning cuts it further. */
const MAX_FIELD = 65_536;

/*
 * rss-parser is used for telling the three formats apart and finding their items. Its own reading of items is avoided by
 * renaming their tags: it throws away a whole Atom feed for one unreadable date or one link without attributes, and its
 * snippets are made by patterns that take quadratic time (a description of 200,000 `<` would stop the process for minutes).
 */
const FIELDS = [
  'title',
  'description',
  'summary',
  'content',
  'content:encoded',
  'link',
  'guid',
  'id',
  'pubDate',
  'pubdate',
  'published',
  'updated',
  'issued',
  'modified',
  'date',
  'dc:date',
  'dc:title',
  'dc:identifier',
  'dc:language',
  'dcterms:issued',
  'language',
  'feedburner:origLink',
  'atom:published',
  'atom:updated',
  'atom:link',
  'media:description',
];
const KEPT = new Set(['rss', 'channel', 'item', 'feed', 'entry', 'rdf:RDF']);
const RENAMED = new Map(FIELDS.map((field) => [field, `b-${field}`]));

function rename(tag: string): string {
  const local = tag.startsWith('atom:') && !RENAMED.has(tag) ? tag.slice(5) : tag.startsWith('rss:') ? tag.slice(4) : tag;
  if (KEPT.has(local)) return local;
  return RENAMED.get(local) ?? (/^rdf$/i.test(local) ? 'rdf:RDF' : `x-${local}`);
}

type Value = unknown;

const keep = FIELDS.map((field): [string, string, { keepArray: true }] => [`b-${field}`, `b-${field}`, { keepArray: true }]);
function newParser() {
  return new Parser<Record<string, Value>, Record<string, Value>>({
    defaultRSS: 2,
    xml2js: { tagNameProcessors: [rename], attrNameProcessors: [(name: string) => name.replace(/^(?:xmlns:)?itunes$/, 'x')] },
    // The typings want a list of keys; at run time the triples of `keep` are what the documentation describes.
    customFields: { feed: keep as never, item: keep as never },
  });
}

/** xml2js parses before it returns, or never calls back: a document without any element leaves its promise pending. */
async function settled<T>(parsing: Promise<T>): Promise<T> {
  const pending = Symbol('pending');
  const result = await Promise.race([parsing, setImmediate(pending)]);
  if (result === pending) throw malformed('it holds no element');
  return parsing;
}

/**
 * The items of an RSS, Atom or RDF document. Rejects with `E_FEED_MALFORMED`. Runs on the calling thread in time linear in the
 * text: `readFeed` decides where.
 */
export async function parseItems(text: string): Promise<FeedDocument> {
  const xml = mendXml(text);
  let feed: Record<string, Value> & { items: Record<string, Value>[] };
  try {
    feed = await settled(newParser().parseString(xml));
  } catch (cause) {
    throw malformed(reasonOf(cause), cause);
  }
  return {
    title: first(feed, ['b-title']),
    language: first(feed, ['b-language', 'b-dc:language']),
    items: feed.items.map(itemOf),
  };
}

function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message.split('\n').slice(0, 2).join(', ') : String(cause);
  if (/not recognized|Cannot read propert|Unable to parse/i.test(message))
    return 'its XML has no channel, feed or RDF at its root';
  return `its XML is broken (${message.toLowerCase()})`;
}

function itemOf(item: Record<string, Value>): FeedItem {
  return {
    title: first(item, ['b-title', 'b-dc:title']),
    summary: first(item, ['b-description', 'b-summary', 'b-content:encoded', 'b-content', 'b-media:description']),
    links: linksOf(item),
    guid: first(item, ['b-guid', 'b-id', 'b-dc:identifier']) || textOf(item['rdf:about'], 0),
    dates: [
      'b-pubDate',
      'b-pubdate',
      'b-published',
      'b-atom:published',
      'b-issued',
      'b-dcterms:issued',
      'b-dc:date',
      'b-date',
      'b-updated',
      'b-atom:updated',
      'b-modified',
    ].flatMap((field) => texts(item[field])),
    language: first(item, ['b-dc:language', 'b-language']),
  };
}

function linksOf(item: Record<string, Value>): string[] {
  const links = listOf(item['b-link']).concat(listOf(item['b-atom:link']));
  const wanted = links.filter((link) => ['', 'alternate'].includes(attribute(link, 'rel')));
  const hrefs = wanted.map((link) => attribute(link, 'href') || textOf(link, 0));
  const permanent = listOf(item['b-guid']).filter((guid) => attribute(guid, 'isPermaLink').toLowerCase() !== 'false');
  const about = textOf(item['rdf:about'], 0);
  return [...texts(item['b-feedburner:origLink']), ...hrefs, ...permanent.map((guid) => textOf(guid, 0)), about]
    .map((link) => link.trim())
    .filter((link) => link !== '');
}

function first(from: Record<string, Value>, fields: readonly string[]): string {
  for (const field of fields) {
    const text = texts(from[field]).find((candidate) => candidate.trim() !== '');
    if (text !== undefined) return text;
  }
  return '';
}

function texts(value: Value): string[] {
  return listOf(value).map((entry) => textOf(entry, 0));
}

function listOf(value: Value): Value[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

function attribute(value: Value, name: string): string {
  const attributes = typeof value === 'object' && value !== null ? Reflect.get(value, '$') : undefined;
  const text = typeof attributes === 'object' && attributes !== null ? Reflect.get(attributes, name) : undefined;
  return typeof text === 'string' ? text : '';
}

/** The text of an element, with that of the elements in it (XHTML in Atom), not deeper than markup goes. */
function textOf(value: Value, depth: number): string {
  if (typeof value === 'string') return value.slice(0, MAX_FIELD);
  if (typeof value !== 'object' || value === null || depth > 20) return '';
  const parts: string[] = [];
  for (const [key, member] of Object.entries(value))
    if (key !== '$') for (const part of listOf(member)) parts.push(textOf(part, depth + 1));
  return parts
    .filter((part) => part !== '')
    .join(' ')
    .slice(0, MAX_FIELD);
}
