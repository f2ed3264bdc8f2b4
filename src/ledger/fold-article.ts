import {
  type EntityMention,
  type Instant,
  type ScoredArticle,
  type Sentiment,
  sentimentLabel,
  toneUnits,
} from '../domain/article.ts';
import { type Doc, rollupId } from '../domain/doc.ts';
import { bucketStart, type SeriesKey } from '../domain/series.ts';
import type { Rollup, Story } from '../domain/trends.ts';
import { watch } from './alerts.ts';
import { countStory } from './history.ts';
import { type LedgerState, type LiveStory, ROLLUP_MEMORY_MS } from './state.ts';
import type { StoryIndex } from './stories.ts';

/** A series that an article belongs to, and what its news means there. */
type Membership = readonly [key: SeriesKey, sentiment: Sentiment];

/** Folds one article: its story, the rollups of its series, and the surges that it makes. A repeat brings about nothing. */
export function foldArticle(state: LedgerState, index: StoryIndex, article: ScoredArticle, offset: number): readonly Doc[] {
  const { counters, seen, settings } = state;
  if (seen.current.has(article.id) || seen.previous.has(article.id)) {
    counters.repeats += 1;
    return [];
  }
  const now = state.now ?? article.appendedAt;
  const late = article.publishedAt < now - settings.latenessMs;
  // Ticks move the clock; between two of them an arrival may be up to a bucket ahead.
  const at = Math.min(Math.max(article.appendedAt, now), now + settings.bucketMs - 1);
  seen.current.add(article.id);
  counters.articles += 1;
  if (late) counters.late += 1;
  state.lastArticleAt = at;

  const known = index.find(article);
  const story = known ?? begin(state, index, article, offset);
  const memberships = membershipsOf(article, story.doc);
  const fresh = memberships.filter(([key]) => !story.doc.series.includes(key));
  story.doc = extend(story.doc, article, fresh, at, known === undefined ? 0 : 1);
  if (known !== undefined) index.touch(story.doc.id);

  const effects: Doc[] = [
    { kind: 'article', id: article.id, version: offset, body: { ...article, storyId: story.doc.id } },
    { kind: 'story', id: story.doc.id, version: offset, body: story.doc },
  ];
  for (const [key, sentiment] of memberships) {
    const isFresh = fresh.some(([other]) => other === key);
    const rollup = addToRollup(state, article, now, key, isFresh ? sentiment : undefined);
    effects.push({ kind: 'rollup', id: rollupId(rollup), version: offset, body: rollup });
  }
  if (late) return effects;
  const bucket = bucketStart(Math.min(article.publishedAt, at), settings.bucketMs);
  for (const [key, sentiment] of fresh) {
    const negative = sentimentLabel(sentiment) === 'negative';
    countStory(state, key, at, bucket, negative ? story.doc.id : undefined);
    const alert = negative ? watch(state, key, at) : undefined;
    if (alert !== undefined) effects.push({ kind: 'alert', id: alert.id, version: offset, body: alert });
  }
  return effects;
}

function begin(state: LedgerState, index: StoryIndex, article: ScoredArticle, offset: number): LiveStory {
  state.counters.stories += 1;
  const { id, title, url, source, publishedAt, sentiment, topics, bundle, fingerprint } = article;
  const topic = topics[0] ?? { label: 'unknown', p: 0 };
  const doc: Story = {
    id,
    title,
    url,
    source,
    publishedAt,
    updatedAt: publishedAt,
    articles: 1,
    sentiment,
    topic,
    entities: [],
    series: [],
    bundle,
  };
  const story: LiveStory = {
    exact: fingerprint.exact,
    simhash: fingerprint.simhash,
    words: fingerprint.words,
    since: offset,
    doc,
  };
  index.add(id, story);
  return story;
}

/** The market, the story's topic (so that its copies count where it does), and each company that this article names. */
function membershipsOf(article: ScoredArticle, story: Story): Membership[] {
  const entities = article.entities.map((entity): Membership => [`entity:${entity.symbol}`, entity.sentiment]);
  return [['market', article.sentiment], [`topic:${story.topic.label}`, article.sentiment], ...entities];
}

function extend(story: Story, article: ScoredArticle, fresh: readonly Membership[], at: Instant, copies: number): Story {
  const isNew = (entity: EntityMention): boolean => !story.entities.some((known) => known.symbol === entity.symbol);
  return {
    ...story,
    updatedAt: at,
    articles: story.articles + copies,
    entities: [...story.entities, ...article.entities.filter(isNew)],
    series: [...story.series, ...fresh.map(([key]) => key)],
  };
}

/** `sentiment` is given when the story counts for the series with this article. */
function addToRollup(
  state: LedgerState,
  article: ScoredArticle,
  now: Instant,
  series: SeriesKey,
  sentiment: Sentiment | undefined,
): Rollup {
  const widthMs = state.settings.bucketMs;
  const start = bucketStart(article.publishedAt, widthMs);
  const forgotten = start < now - ROLLUP_MEMORY_MS;
  const fragment = forgotten ? article.id : '';
  const id = rollupId({ series, start, widthMs, fragment });
  const present = state.rollups.get(id) ?? {
    series,
    start,
    widthMs,
    fragment,
    articles: 0,
    stories: 0,
    negative: 0,
    neutral: 0,
    positive: 0,
    toneUnits: 0,
  };
  const label = sentiment === undefined ? undefined : sentimentLabel(sentiment);
  const rollup: Rollup = {
    ...present,
    articles: present.articles + 1,
    stories: present.stories + (label === undefined ? 0 : 1),
    negative: present.negative + (label === 'negative' ? 1 : 0),
    neutral: present.neutral + (label === 'neutral' ? 1 : 0),
    positive: present.positive + (label === 'positive' ? 1 : 0),
    toneUnits: present.toneUnits + (sentiment === undefined ? 0 : toneUnits(sentiment)),
  };
  if (!forgotten) state.rollups.set(id, rollup);
  return rollup;
}
