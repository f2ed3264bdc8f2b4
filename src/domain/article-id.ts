import { hash } from 'node:crypto';
import type { Instant } from './article.ts';

/** 96 bits of SHA-256 as 24 hex digits: at 10^9 articles a collision has a chance of about 10^-11. */
export function contentId(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 24);
}

/** Letters and digits of any script, lower case, single spaces: what two copies of a text have in common. */
export function normaliseText(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** The identity of an article: its canonical URL, else source and guid, else publication time and normalised text. */
export function articleId(from: { url: string; source: string; guid: string; publishedAt: Instant; title: string }): string {
  if (from.url !== '') return contentId(`url\n${from.url}`);
  if (from.guid !== '') return contentId(`guid\n${from.source}\n${from.guid}`);
  return contentId(`text\n${from.publishedAt}\n${normaliseText(from.title)}`);
}
