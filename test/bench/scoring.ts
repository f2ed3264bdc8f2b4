import { scoreArticles } from '../../pipelines/score-articles.ts';
import { openClassifier } from '../../src/model/serving/classifier.ts';
import { findEntities } from '../../src/text/entities/find-entities.ts';
import { fingerprint } from '../../src/text/fingerprint.ts';
import { articleOf } from './cluster/articles.ts';

const START = Date.UTC(2026, 0, 5);
const CALL = 256;
/** Of the articles: the program compiles until then. */
const WARM_UP = 0.25;

/** Articles a second through a bundle alone: each title with the companies that it is asked about, in calls of a pipeline's size, two at a time. */
export async function scoringRate(bundle: string, titles: readonly string[]): Promise<number> {
  const classifier = await openClassifier({ bundle });
  try {
    const articles = titles.map((title, i) => articleOf(`article-${i}`, title, START + i));
    let next = 0;
    let warm = 0;
    const caller = async (): Promise<void> => {
      while (next < articles.length) {
        const at = next;
        next += CALL;
        await scoreArticles({ classifier, findEntities, fingerprint }, articles.slice(at, at + CALL));
        if (warm === 0 && next >= articles.length * WARM_UP) {
          warm = at + CALL;
          begin = performance.now();
        }
      }
    };
    let begin = performance.now();
    await Promise.all([caller(), caller()]);
    return ((articles.length - warm) * 1000) / (performance.now() - begin);
  } finally {
    await classifier.close();
  }
}
