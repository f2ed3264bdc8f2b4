import { scoreArticles } from '../../pipelines/score-articles.ts';
import type { Article } from '../../src/domain/article.ts';
import { openClassifier } from '../../src/model/serving/classifier.ts';
import { findEntities } from '../../src/text/entities/find-entities.ts';
import { fingerprint } from '../../src/text/fingerprint.ts';
import { inCalls } from './classifier.ts';
import { articleOf } from './cluster/articles.ts';

const START = Date.UTC(2026, 0, 5);
/** Of the articles: the program compiles until then. */
const WARM_UP = 0.25;

/** Articles a second through a bundle alone: each title with the companies that it is asked about, in calls of a pipeline's size, two at a time. */
export async function scoringRate(bundle: string, titles: readonly string[]): Promise<number> {
  const classifier = await openClassifier({ bundle });
  try {
    const articles: readonly Article[] = titles.map((title, i) => articleOf(`article-${i}`, title, START + i));
    const score = (some: readonly Article[]) => scoreArticles({ classifier, findEntities, fingerprint }, some);
    const warm = Math.ceil(articles.length * WARM_UP);
    await inCalls(articles.slice(0, warm), score);
    const begin = performance.now();
    await inCalls(articles.slice(warm), score);
    return ((articles.length - warm) * 1000) / (performance.now() - begin);
  } finally {
    await classifier.close();
  }
}
