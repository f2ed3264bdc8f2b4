import type { Score } from './port.ts';

/**
 * Turns a row of rounded probabilities, [negative, neutral, positive, ...topics in the order of the labels], into a score
 * whose topics stand by probability, equal ones in the order of the labels.
 */
export function scoreOfRow(row: Float64Array, topics: readonly string[]): Score {
  const [negative = 0, neutral = 0, positive = 0] = row;
  const ranked = topics.map((label, index) => ({ label, p: row[3 + index] ?? 0 }));
  ranked.sort((a, b) => b.p - a.p); // stable
  return { sentiment: { negative, neutral, positive }, topics: ranked };
}

/** The probabilities of one head in the order of its labels: 0 for a label that the score lacks. */
export function probabilitiesOf({ sentiment, topics }: Score, head: 'sentiment' | 'topic', labels: readonly string[]): number[] {
  const known = new Map(head === 'topic' ? topics.map(({ label, p }) => [label, p]) : Object.entries(sentiment));
  return labels.map((label) => known.get(label) ?? 0);
}
