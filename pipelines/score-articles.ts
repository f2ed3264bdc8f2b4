import type { Article, EntityMention, Fingerprint, ScoredArticle } from '../src/domain/article.ts';
import { BarographError } from '../src/domain/errors.ts';
import type { Classifier, ClassifyInput, Score } from '../src/model/serving/port.ts';

export interface ScoringDeps {
  readonly classifier: Classifier;
  readonly fingerprint: (title: string) => Fingerprint;
  /** The companies of a text; `mention` is how it calls one, undefined when only the source attached it. */
  readonly findEntities: (text: string, tickers: readonly string[]) => readonly Found[];
}

interface Found {
  readonly symbol: string;
  readonly name: string;
  readonly mention: string | undefined;
}

/** An article and what the classifier is asked about it: its text, then the text and each of some entities. */
interface Question {
  readonly article: Article;
  readonly entities: readonly Found[];
  readonly asked: readonly Found[];
  readonly inputs: readonly ClassifyInput[];
}

type Result = ScoredArticle | { readonly error: unknown };

/** Entities that are asked about. A text that names more is a list, which says of each what it says of all. */
const MOST_ASKED = 8;

/** A text that every model scores: tells a text that breaks the model from a model that is broken. */
const HARMLESS = 'Shares were little changed.';

/** What is classified: the title, and the summary as far as the model's length allows. */
export function textOf(article: Article): string {
  return article.summary === '' ? article.title : `${article.title}\n${article.summary}`;
}

/**
 * Sentiment, topics and entities of articles, in their order. All are scored at once; when that fails, one by one, so that an
 * article that breaks the model is found and the others pass. Rejects when the model is broken.
 */
export async function scoreArticles(deps: ScoringDeps, articles: readonly Article[]): Promise<readonly Result[]> {
  if (articles.length === 0) return [];
  const questions = articles.map((article) => questionOf(deps, article));
  const all = await attempt(deps, questions);
  if (!('error' in all)) return all;
  const results: Result[] = [];
  for (const question of questions) {
    const alone = await attempt(deps, [question]);
    if ('error' in alone) {
      await deps.classifier.classify([{ text: HARMLESS }]); // rejects when the model is broken: no text is to blame then
      results.push(alone);
    } else results.push(...alone);
  }
  return results;
}

function questionOf(deps: ScoringDeps, article: Article): Question {
  const text = textOf(article);
  const entities = deps.findEntities(article.title, article.tickers);
  const asked = entities.filter(({ mention }) => mention !== undefined).slice(0, MOST_ASKED);
  return { article, entities, asked, inputs: [{ text }, ...asked.map(({ mention = '' }) => ({ text, entity: mention }))] };
}

async function attempt(
  deps: ScoringDeps,
  questions: readonly Question[],
): Promise<readonly ScoredArticle[] | { readonly error: BarographError }> {
  try {
    const scores = await deps.classifier.classify(questions.flatMap(({ inputs }) => inputs));
    let next = 0;
    return questions.map((question) => {
      const own = scores.slice(next, next + question.inputs.length);
      next += own.length;
      return annotate(deps, question, own);
    });
  } catch (error) {
    if (error instanceof BarographError && error.code === 'E_MODEL_FAILED') return { error };
    throw error;
  }
}

function annotate(
  deps: ScoringDeps,
  { article, entities, asked }: Question,
  [score, ...towards]: readonly Score[],
): ScoredArticle {
  if (score === undefined) throw new Error('the classifier gave no score for a text');
  const { sentiment, topics } = score;
  const mentionOf = (entity: Found): EntityMention => {
    const own = towards[asked.indexOf(entity)]?.sentiment ?? sentiment; // the text's where it was not asked
    return { symbol: entity.symbol, name: entity.name, sentiment: own };
  };
  return {
    ...article,
    sentiment,
    topics: topics.filter(({ p }, index) => index === 0 || p >= 0.01),
    entities: entities.map(mentionOf),
    fingerprint: deps.fingerprint(article.title),
    bundle: deps.classifier.version,
  };
}
