import type { Classifier, Score } from './port.ts';

const TOPICS = ['Stub A', 'Stub B', 'Stub C', 'Stub D'];

/** Every score that the stub can give, made once: 64 sentiments times 4 topics. */
const SCORES: readonly Score[] = Array.from({ length: 256 }, (_, code) => {
  const negative = (code & 7) / 10;
  const positive = (((code >> 3) & 7) * (10 - (code & 7))) / 100;
  const first = code >> 6;
  const topics = TOPICS.map((label, index) => ({ label, p: index === first ? 0.7 : 0.1 }));
  topics.sort((a, b) => b.p - a.p); // stable
  const round = (p: number): number => Math.round(p * 1e4) / 1e4;
  return { sentiment: { negative, neutral: round(1 - negative - positive), positive: round(positive) }, topics };
});

/**
 * A classifier for load tests: its scores come from a hash of the text (FNV-1a over the first 64 code units) and mean nothing.
 * The scores are shared and must not be changed.
 */
export function openStubClassifier(): Classifier {
  return {
    version: 'stub',
    labels: { topics: TOPICS },
    async classify(inputs, signal) {
      signal?.throwIfAborted();
      return inputs.map(({ text, entity = '' }) => {
        const score = SCORES[hash(`${entity}${text}`) & 255] ?? SCORES[0]!; // SCORES has 256 entries
        return entity === '' ? score : { sentiment: score.sentiment, topics: [] };
      });
    },
    close: async () => undefined,
  };
}

function hash(text: string): number {
  let h = 0x811c9dc5;
  const end = Math.min(text.length, 64);
  for (let i = 0; i < end; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h ^ (h >>> 15);
}
