import type { z } from 'zod';
import type { Article, Instant, ScoredArticle } from './article.ts';
import { articleId } from './article-id.ts';
import { BarographError } from './errors.ts';
import type { DeadLetter, LabelRecord, RawRecord, ScoredRecord } from './records.ts';
import type { Alert } from './trends.ts';
import * as schemas from './wire-schemas.ts';

/*
 * The log's records as JSON text. Instants travel as ISO 8601 in UTC, so that any consumer can read them. Decoding checks every
 * field and rejects with `E_RECORD_INVALID`.
 */

const iso = (at: number): string => new Date(at).toISOString();

function wireArticle(article: Article): Record<string, unknown> {
  const publishedAt = iso(article.publishedAt);
  const appendedAt = article.appendedAt === article.publishedAt ? publishedAt : iso(article.appendedAt);
  return { type: 'article', ...article, publishedAt, appendedAt };
}

export function encodeRaw(record: RawRecord): string {
  return JSON.stringify(record.type === 'article' ? wireArticle(record.article) : { ...record, at: iso(record.at) });
}

export function encodeScored(record: ScoredRecord): string {
  if (record.type === 'article') return JSON.stringify(wireArticle(record.article));
  return JSON.stringify(record.type === 'settings' ? record : { ...record, at: iso(record.at) });
}

/** `recordedAt` is when the record came into the log: it stands in for times that another program left out. */
export function decodeRaw(text: string, recordedAt?: Instant): RawRecord {
  const record = check(schemas.raw, text);
  return record.type === 'article' ? { type: 'article', article: rawArticle(record, recordedAt) } : record;
}

function rawArticle({ type: _, ...given }: z.output<typeof schemas.rawFields>, recordedAt: Instant | undefined): Article {
  const appendedAt = given.appendedAt ?? recordedAt;
  if (appendedAt === undefined) throw new BarographError('E_RECORD_INVALID', 'The record says no time: appendedAt is missing.');
  const isDated = given.publishedAt !== undefined && (given.appendedAt !== undefined || given.publishedAt <= appendedAt);
  const publishedAt = isDated ? (given.publishedAt ?? appendedAt) : appendedAt;
  const id = given.id ?? articleId({ ...given, guid: '', publishedAt });
  return { ...given, id, publishedAt, appendedAt, dated: given.dated ?? isDated };
}

export function decodeScored(text: string): ScoredRecord {
  const record = check(schemas.scored, text);
  if (record.type !== 'article') return record;
  const { type, ...article } = record;
  return { type, article: article satisfies ScoredArticle };
}

/** `recordedAt` is when the record came into the log. */
export function decodeLabel(text: string, recordedAt: Instant): LabelRecord {
  const { type: _, at = recordedAt, ...record } = check(schemas.label, text);
  return { ...record, at };
}

export function encodeDeadLetter(letter: DeadLetter): string {
  return JSON.stringify({ ...letter, at: iso(letter.at) });
}

export function decodeDeadLetter(text: string): DeadLetter {
  return check(schemas.deadLetter, text);
}

/** An alert as `replay --alerts`, the generic webhook and the `alerts` topic give it: every instant in ISO 8601. */
export function wireAlert(alert: Alert): Record<string, unknown> {
  const { evidence } = alert;
  return {
    id: alert.id,
    series: alert.series,
    status: alert.status,
    severity: alert.severity,
    openedAt: iso(alert.openedAt),
    updatedAt: iso(alert.updatedAt),
    resolvedAt: alert.resolvedAt === null ? null : iso(alert.resolvedAt),
    evidence: {
      ...evidence,
      window: { from: iso(evidence.window.from), to: iso(evidence.window.to) },
      topStories: evidence.topStories.map((story) => ({ ...story, publishedAt: iso(story.publishedAt) })),
    },
  };
}

/** The `alerts` topic: an alert with its version, the offset in `news.scored` that brought it about. */
export function encodeAlert(state: { version: number; alert: Alert }): string {
  return JSON.stringify({ version: state.version, ...wireAlert(state.alert) });
}

export function decodeAlert(text: string): { version: number; alert: Alert } {
  const { version, ...rest } = check(schemas.alert, text);
  return { version, alert: rest };
}

function check<T>(schema: z.ZodType<T>, text: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BarographError('E_RECORD_INVALID', `The record is no JSON: ${firstLine(cause)}`, { cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.') || 'record'}: ${issue.message}`);
  throw new BarographError('E_RECORD_INVALID', `The record is not as its schema says: ${faults.slice(0, 5).join('; ')}`);
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? '';
}
