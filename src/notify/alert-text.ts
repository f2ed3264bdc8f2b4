import { alertStage, plain } from '../domain/alert-words.ts';
import type { Instant } from '../domain/article.ts';
import type { Alert, EvidenceStory } from '../domain/trends.ts';

/* The sentences of an alert, the same in every channel. Times are UTC and say so. */

/** What was seen and what was to be expected, in one sentence. */
export function evidenceSentence(alert: Alert): string {
  const { window, observed, expected } = alert.evidence;
  const stories = observed.stories === 1 ? '1 story' : `${observed.stories} stories`;
  const negative = round(expected.negative);
  return `${observed.negative} of ${stories} from ${formatUtc(window.from)} to ${formatUtc(window.to)} ${observed.negative === 1 ? 'is' : 'are'} negative; this series’ own history leads one to expect ${negative}, or ${round(expected.share * 100)} %.`;
}

/** `Opened 2026-11-24 14:05 UTC, resolved 2026-11-24 17:00 UTC`. */
export function lifeSentence(alert: Alert): string {
  const opened = `Opened ${formatUtc(alert.openedAt)}`;
  if (alert.resolvedAt !== null) return `${opened}, resolved ${formatUtc(alert.resolvedAt)}`;
  return alertStage(alert) === 'updated' ? `${opened}, updated ${formatUtc(alert.updatedAt)}` : opened;
}

/** `negative 0.98, Reuters, 12 articles`. */
export function storyFacts(story: EvidenceStory): string {
  const articles = story.articles === 1 ? '1 article' : `${story.articles} articles`;
  return `negative ${story.negative.toFixed(2)}, ${plain(story.source)}, ${articles}`;
}

export function repeatSentence(alert: Alert): string {
  return `This may be a repeat: the answer to an earlier delivery of alert ${alert.id} was lost.`;
}

/** `2026-11-24 14:05 UTC`. */
function formatUtc(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** The address if it may be opened by a click, else `''`. */
export function safeLink(url: string): string {
  const parsed = URL.parse(url);
  return parsed !== null && (parsed.protocol === 'http:' || parsed.protocol === 'https:') ? parsed.href : '';
}

function round(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, '');
}
