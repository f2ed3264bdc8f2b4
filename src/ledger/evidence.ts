import { normaliseText } from '../domain/article-id.ts';
import type { SeriesKey } from '../domain/series.ts';
import type { Evidence, EvidenceStory } from '../domain/trends.ts';
import { type LedgerState, type LiveStory, seriesState } from './state.ts';
import type { WindowTest } from './surge.ts';

const TOP_STORIES = 5;
const WORDS = 8;

/** English words that say nothing about what happened. */
const STOP_WORDS = new Set(
  (
    'a about after all also am an and any are as at be been before being but by can could did do does down for from get got had has have he her him ' +
    'his how i if in into is it its just like may me more most my new no not now of off on one only or our out over per rt said say says she should ' +
    'so some than that the their them then there these they this to today too under up us via was we were what when where which while who why will ' +
    'with would yet you your http https co com www amp'
  ).split(' '),
);

/** What made the window a surge: counts, the stories that weigh most, and the words that they share. */
export function evidenceOf(state: LedgerState, key: SeriesKey, test: WindowTest): Evidence {
  const stories = negativeStories(state, key, test);
  return {
    window: { from: test.from, to: test.to },
    observed: test.observed,
    expected: { negative: round(test.expected.negative, 2), share: round(test.expected.share, 4) },
    probability: { count: significant(test.probability.count), share: significant(test.probability.share) },
    topStories: topStories(stories),
    words: sharedWords(stories),
  };
}

function negativeStories(state: LedgerState, key: SeriesKey, test: WindowTest): LiveStory[] {
  const stories: LiveStory[] = [];
  for (const bucket of seriesState(state, key).recent) {
    if (bucket.start < test.from || bucket.start >= test.to) continue;
    for (const id of bucket.negativeIds) {
      const story = state.stories.get(id);
      if (story !== undefined) stories.push(story);
    }
  }
  return stories;
}

/** The widest told first, then the worst. */
function topStories(stories: readonly LiveStory[]): EvidenceStory[] {
  return [...stories]
    .sort((a, b) => b.doc.articles - a.doc.articles || b.doc.sentiment.negative - a.doc.sentiment.negative || a.since - b.since)
    .slice(0, TOP_STORIES)
    .map(({ doc: { id, title, url, source, publishedAt, sentiment, articles } }) => ({
      id,
      title,
      url,
      source,
      publishedAt,
      negative: sentiment.negative,
      articles,
    }));
}

function sharedWords(stories: readonly LiveStory[]): string[] {
  const counts = new Map<string, number>();
  for (const { doc } of stories) {
    const title = doc.title.replace(/https?:\S+/g, ' ');
    const words = new Set(
      normaliseText(title)
        .split(' ')
        .filter((word) => word.length > 2 && !STOP_WORDS.has(word) && !/^\d+$/.test(word)),
    );
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count >= 2)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, WORDS)
    .map(([word]) => word);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** Three significant digits: what a chance estimated from counts can claim. */
function significant(value: number): number {
  return Number(value.toPrecision(3));
}
