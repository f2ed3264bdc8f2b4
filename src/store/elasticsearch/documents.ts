import { sentimentLabel } from '../../domain/article.ts';
import { type Doc, type DocKind, type DocOf, timeOf } from '../../domain/doc.ts';
import type { Alert, Evidence, Rollup, StoredArticle, Story } from '../../domain/trends.ts';

/*
 * Documents as Elasticsearch keeps them, for readers who know nothing of this project: the fields of the domain, instants as ISO 8601,
 * ECS names where ECS has one (`@timestamp`, `event.ingested`, `url.full`), and some fields that charts want, which are left
 * out again when a document is read.
 */

type Source = Readonly<Record<string, unknown>>;

const iso = (at: number): string => new Date(at).toISOString();
const instant = (text: unknown): number => Date.parse(String(text));

export function toSource(doc: Doc): Source {
  const common = { '@timestamp': iso(timeOf(doc)), kind: doc.kind, id: doc.id, version: doc.version };
  switch (doc.kind) {
    case 'article': {
      const { id: _, url, publishedAt: __, appendedAt, ...rest } = doc.body;
      const label = sentimentLabel(doc.body.sentiment);
      return { ...common, ...rest, url: { full: url }, event: { ingested: iso(appendedAt) }, sentimentLabel: label };
    }
    case 'story': {
      const { id: _, url, publishedAt: __, updatedAt, ...rest } = doc.body;
      const label = sentimentLabel(doc.body.sentiment);
      return { ...common, ...rest, url: { full: url }, updatedAt: iso(updatedAt), sentimentLabel: label };
    }
    case 'rollup': {
      const { start: _, ...rest } = doc.body;
      return { ...common, ...rest, ...(rest.stories === 0 ? {} : { tone: rest.toneUnits / rest.stories / 10_000 }) };
    }
    case 'alert': {
      const { id: _, openedAt: __, updatedAt, resolvedAt, evidence, ...rest } = doc.body;
      const ended = resolvedAt === null ? null : iso(resolvedAt);
      return { ...common, ...rest, updatedAt: iso(updatedAt), resolvedAt: ended, evidence: toEvidence(evidence) };
    }
    default:
      return doc satisfies never;
  }
}

function toEvidence({ window, topStories, ...rest }: Evidence): Source {
  return {
    ...rest,
    window: { from: iso(window.from), to: iso(window.to) },
    topStories: topStories.map((story) => ({ ...story, publishedAt: iso(story.publishedAt) })),
  };
}

/* Sources are read as they were written from typed documents, and not checked again. */

export function fromSource<K extends DocKind>(kind: K, source: Source): DocOf<K> {
  const { '@timestamp': at, kind: _, id, version, ...rest } = source;
  const body = BODIES[kind](String(id), instant(at), rest as Record<string, never>);
  return { kind, id, version, body } as DocOf<K>;
}

const BODIES: Readonly<
  Record<DocKind, (id: string, at: number, rest: Record<string, never>) => StoredArticle | Story | Rollup | Alert>
> = {
  article: (id, publishedAt, { url, event, sentimentLabel: _, ...rest }) => ({
    ...(rest as unknown as Omit<StoredArticle, 'id' | 'url' | 'publishedAt' | 'appendedAt'>),
    ...{ id, url: fullOf(url), publishedAt, appendedAt: instant((event as unknown as { ingested: string }).ingested) },
  }),
  story: (id, publishedAt, { url, updatedAt, sentimentLabel: _, ...rest }) => ({
    ...(rest as unknown as Omit<Story, 'id' | 'url' | 'publishedAt' | 'updatedAt'>),
    ...{ id, url: fullOf(url), publishedAt, updatedAt: instant(updatedAt) },
  }),
  rollup: (_, start, { tone: __, ...rest }) => ({ ...(rest as unknown as Omit<Rollup, 'start'>), start }),
  alert: (id, openedAt, { updatedAt, resolvedAt, evidence, ...rest }) => ({
    ...(rest as unknown as Pick<Alert, 'series' | 'status' | 'severity'>),
    ...{ id, openedAt, updatedAt: instant(updatedAt), evidence: fromEvidence(evidence as unknown) },
    resolvedAt: resolvedAt === null ? null : instant(resolvedAt),
  }),
};

const fullOf = (url: unknown): string => (url as { full: string }).full;

function fromEvidence(source: unknown): Evidence {
  const { window, topStories, ...rest } = source as Evidence;
  return {
    ...rest,
    window: { from: instant(window.from), to: instant(window.to) },
    topStories: topStories.map((story) => ({ ...story, publishedAt: instant(story.publishedAt) })),
  };
}
