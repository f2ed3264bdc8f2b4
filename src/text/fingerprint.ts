import type { Fingerprint } from '../domain/article.ts';
import { contentId, normaliseText } from '../domain/article-id.ts';

const URLS = /\bhttps?:\/\/\S*|\bwww\.\S+|\b(?:t\.co|bit\.ly|pic\.twitter\.com)\/\S*/gi;
const RETWEET = /^\s*(?:RT|MT|via)\s+@\w+:?\s*/i;
const HANDLE = /(^|[^\w])@\w+:?/g;
/** ` - Reuters`, ` | Financial Times`: one to four capitalised words after the last dash or bar. */
const SOURCE_SUFFIX = /\s+[-–—|]\s+(?:The\s+)?[A-Z][\w.&'’]*(?:\s+[A-Z][\w.&'’]*){0,3}\s*$/;

/** Headline writers put them in and leave them out. */
const ARTICLES = /\b(?:the|an?) (?=\S)/g;

/**
 * A title reduced to what its copies share: no addresses, no `RT @someone:`, no handles, no name of the source at the end,
 * no punctuation, no case, no a, an or the. A suffix is only taken off when at least four words stay.
 */
export function normaliseTitle(title: string): string {
  let text = title;
  if (text.includes('/') || text.includes('.')) text = text.replace(URLS, ' ');
  if (text.includes('@')) text = text.replace(RETWEET, ' ').replace(HANDLE, '$1 ');
  const suffix = /[-–—|]\s/.test(text) ? SOURCE_SUFFIX.exec(text) : null;
  if (suffix !== null && wordCount(text.slice(0, suffix.index)) >= 4) text = text.slice(0, suffix.index);
  if (/['’]s|\d[.,]\d/.test(text)) text = text.replace(/['’](?=s\b)/g, '').replace(/(\d)[.,](?=\d)/g, '$1');
  const normal = normaliseText(text).replace(ARTICLES, '');
  // A title of addresses and handles alone is compared as it stands.
  return normal === '' ? normaliseText(title) : normal;
}

function wordCount(text: string): number {
  return text.split(/\s+/).filter((word) => word !== '').length;
}

/** The title's fingerprint, by which the ledger recognises near-duplicates; see `Fingerprint`. */
export function fingerprint(title: string): Fingerprint {
  const normal = normaliseTitle(title);
  const words = normal === '' ? [] : normal.split(' ');
  return { exact: contentId(normal), simhash: simhash(words), words: words.length };
}

// Counters of the 64 bits, reused: the function is synchronous and leaves nothing behind.
const counts = new Int32Array(64);

/**
 * 64-bit SimHash (Charikar 2002) over words and pairs of neighbouring words, as two 32-bit halves: a replaced word moves
 * few bits, another order some more. Pairs count once, words twice, since titles are short.
 */
function simhash(words: readonly string[]): string {
  counts.fill(0);
  let previous = 0;
  for (const [index, word] of words.entries()) {
    const hash = fnv1a(word);
    vote(mix(hash), mix(hash ^ 0x9e3779b9), 2);
    if (index > 0) {
      const pair = Math.imul(previous, 31) ^ hash;
      vote(mix(pair ^ 0x85ebca6b), mix(pair ^ 0xc2b2ae35), 1);
    }
    previous = hash;
  }
  let high = 0;
  let low = 0;
  for (let bit = 0; bit < 32; bit++) {
    if (counts[bit]! > 0) high |= 1 << bit; // 64 counters: bit < 32
    if (counts[bit + 32]! > 0) low |= 1 << bit;
  }
  return hex(high) + hex(low);
}

function vote(high: number, low: number, weight: number): void {
  const twice = weight * 2;
  for (let bit = 0; bit < 32; bit++) {
    counts[bit]! += ((high >>> bit) & 1) * twice - weight; // no branch: the bits are random
    counts[bit + 32]! += ((low >>> bit) & 1) * twice - weight;
  }
}

/** FNV-1a over UTF-16 units, 32 bits. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}

/** Finaliser of MurmurHash3: without it the high bits of FNV are too alike for short words. */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function hex(half: number): string {
  return (half >>> 0).toString(16).padStart(8, '0');
}
