import type { Alert } from '../../src/domain/trends.ts';

/** An alert with everything in it, for the tests of the notifiers. */
export function exampleAlert(change: Partial<Alert> = {}): Alert {
  const at = Date.UTC(2026, 10, 24, 14, 5);
  return {
    id: 'a1b2c3d4e5f6a1b2c3d4e5f6',
    series: 'entity:BA',
    status: 'open',
    severity: 'critical',
    openedAt: at,
    updatedAt: at,
    resolvedAt: null,
    evidence: {
      window: { from: at - 3_600_000, to: at },
      observed: { stories: 15, negative: 12 },
      expected: { negative: 2.14, share: 0.143 },
      probability: { count: 1e-7, share: 1e-6 },
      topStories: [
        {
          id: 's1',
          title: 'Boeing <b>grounds</b> & <!channel> 737',
          url: 'https://example.com/a?x=1&y=2|z',
          source: 'wire',
          publishedAt: at,
          negative: 0.981,
          articles: 3,
        },
        {
          id: 's2',
          title: 'Second\u001b[31m story',
          url: 'javascript:alert(1)',
          source: 'b',
          publishedAt: at,
          negative: 0.9,
          articles: 1,
        },
      ],
      words: ['crash', 'grounded'],
    },
    ...change,
  };
}
