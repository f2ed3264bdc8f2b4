import { type LabelledText, taskOf } from '../src/model/training-data/labelled-text.ts';
import { seededDraw } from './seeded-draw.ts';

const SEED = 2;
const DRAWS = 100;
const CASHTAG = /\$[A-Z]{1,5}\b/g;

/** The shares that a tweet names, as it writes them: `$AAPL`. */
export const cashtagsOf = (text: string): readonly string[] => [...new Set(text.match(CASHTAG))];

/**
 * The texts once more, in their order, with other companies' names in headlines about companies, and other cashtags in tweets that
 * have a sentiment: a label is what the words say, not what a company is known for. Texts that name none stay as they are.
 * @param companies how each company is called.
 */
export function renamedTexts(texts: readonly LabelledText[], companies: readonly (readonly string[])[]): LabelledText[] {
  const draw = seededDraw(SEED);
  const known = new Set(companies.flat());
  const tags = [...new Set(texts.flatMap((text) => (isTweet(text) ? cashtagsOf(text.text) : [])))];
  const fresh = new Map(
    Array.from(Map.groupBy(texts, rowOf), ([row, of]) => {
      const tweet = of.find(isTweet);
      if (tweet !== undefined) return [row, freshNames(cashtagsOf(tweet.text), () => draw(tags))];
      const named = of.flatMap(({ text, entity }) =>
        entity !== undefined && known.has(entity) && text.includes(entity) ? [entity] : [],
      );
      return [row, freshNames(named, () => draw(draw(companies)))];
    }),
  );
  return texts.map((text) => renamed(text, fresh.get(rowOf(text)) ?? new Map()));
}

const isTweet = (text: LabelledText): boolean => taskOf(text) === 'sentiment' && cashtagsOf(text.text).length > 0;
/** A headline and its companies are several texts of one row. */
const rowOf = ({ file, row }: LabelledText): string => `${file}:${row}`;

/** A new name for each, all different; none where no other is found. */
function freshNames(names: readonly string[], draw: () => string): ReadonlyMap<string, string> {
  const taken = new Set(names);
  const fresh = new Map<string, string>();
  for (const name of new Set(names)) {
    let other = draw();
    for (let i = 0; i < DRAWS && taken.has(other); i += 1) other = draw();
    if (taken.has(other)) continue;
    taken.add(other);
    fresh.set(name, other);
  }
  return fresh;
}

function renamed(text: LabelledText, names: ReadonlyMap<string, string>): LabelledText {
  if (names.size === 0) return text;
  // Longer names first: one may begin with another.
  const longestFirst = [...names.keys()].sort((a, b) => b.length - a.length).map((name) => name.replace(/\W/g, '\\$&'));
  const pattern = new RegExp(`(?<!\\w)(?:${longestFirst.join('|')})(?!\\w)`, 'g');
  const rename = (words: string): string => words.replace(pattern, (name) => names.get(name) ?? name);
  return { ...text, text: rename(text.text), ...(text.entity === undefined ? {} : { entity: rename(text.entity) }) };
}
