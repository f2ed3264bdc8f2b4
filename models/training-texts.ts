import { type LabelledText, taskOf } from '../src/model/training-data/labelled-text.ts';
import { cashtagsOf, renamedTexts } from './renamed-texts.ts';
import { seededDraw } from './seeded-draw.ts';

const SEED = 1;
/** Pairs of headlines that are joined into one. */
const JOINED = 8000;

/**
 * The labelled texts, those of the training part once more with other names, and what is made of both so that the model learns who
 * is meant.
 * @param companies how each company is called.
 */
export function trainingTexts(sets: readonly LabelledText[], companies: readonly (readonly string[])[]): readonly LabelledText[] {
  const training = sets.filter(({ part }) => part === 'train');
  const renamed = renamedTexts(training, companies);
  const both = [...training, ...renamed];
  return [...sets, ...renamed, ...askedTweets(both), ...joinedHeadlines(both)];
}

/** A tweet that has one cashtag also asks about it, so that pairs are learned in the tweets' style too. */
function askedTweets(texts: readonly LabelledText[]): LabelledText[] {
  return texts.flatMap((text) => {
    const [tag, ...more] = cashtagsOf(text.text);
    return tag === undefined || more.length > 0 || taskOf(text) !== 'sentiment' ? [] : [{ ...text, entity: tag }];
  });
}

const JOINTS = ['; ', ', ', ' as ', ' while ', ' | ', ': ', ' - ', '. '];
const LONGEST = 160;

/**
 * Two headlines in one, asked about an entity of each: most headlines say the same of all their companies, so that a model would
 * learn to overlook which one is asked about.
 */
function joinedHeadlines(texts: readonly LabelledText[]): LabelledText[] {
  const headlines = [
    ...Map.groupBy(
      texts.filter((text) => taskOf(text) === 'entity'),
      ({ text }) => text,
    ).values(),
  ];
  const draw = seededDraw(SEED);
  return Array.from({ length: JOINED }, () => [draw(headlines), draw(headlines)] as const).flatMap(([first, second]) => {
    const [one, other] = [draw(first), draw(second)];
    const text = `${one.text}${draw(JOINTS)}${other.text}`;
    const names = new Set(first.map(({ entity }) => entity));
    if (text.length > LONGEST || second.some(({ entity }) => names.has(entity))) return [];
    return [
      { ...one, text },
      { ...other, text },
    ];
  });
}
