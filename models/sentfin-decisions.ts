export type SentimentLabel = 'negative' | 'neutral' | 'positive';

/** What a SEntFiN headline says about one company. */
export interface Decision {
  readonly entity: string;
  readonly sentiment: SentimentLabel;
}

// A name may hold quotes of its own (`'Osian's Art Fund'`): it ends only where a colon and one of the three words follow.
const DECISION = /['"](.+?)['"]\s*:\s*['"](negative|neutral|positive)['"]\s*(?=[,}])/g;

/** Reads the `Decisions` column of SEntFiN, which looks like a Python dict but is not always well quoted. Empty when nothing is found. */
export function parseDecisions(text: string): readonly Decision[] {
  return Array.from(text.matchAll(DECISION), ([, entity = '', word]) => ({ entity, sentiment: sentimentOf(word) }));
}

/** The sentiment that all entities of a headline share; undefined when they differ or there are none. */
export function agreedSentiment(decisions: readonly Decision[]): SentimentLabel | undefined {
  const first = decisions[0]?.sentiment;
  return decisions.every(({ sentiment }) => sentiment === first) ? first : undefined;
}

const sentimentOf = (word: string | undefined): SentimentLabel => (word === 'negative' || word === 'positive' ? word : 'neutral');
