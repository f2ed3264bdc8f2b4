import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type LabelledText, taskOf } from '../src/model/training-data/labelled-text.ts';

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
  const generator = xoroshiro128plus(SEED);
  const draw = <T>(from: readonly T[]): T => from[uniformInt(generator, 0, from.length - 1)] as T; // never empty
  const known = new Set(companies.flat());
  const tags = [...new Set(texts.flatMap((text) => (isTweet(text) ? cashtagsOf(text.text) : [])))];
  const namesOf = Map.groupBy(texts, headlineOf);
  const others = new Map<string, ReadonlyMap<string, string>>();
  return texts.map((text) => {
    if (isTweet(text))
      return renamed(
        text,
        freshNames(cashtagsOf(text.text), () => draw(tags)),
      );
    const headline = headlineOf(text);
    const names = (namesOf.get(headline) ?? []).flatMap(({ entity }) =>
      entity !== undefined && known.has(entity) && text.text.includes(entity) ? [entity] : [],
    );
    const fresh = others.get(headline) ?? freshNames(names, () => draw(draw(companies)));
    others.set(headline, fresh);
    return renamed(text, fresh);
  });
}

const isTweet = (text: LabelledText): boolean => taskOf(text) === 'sentiment' && cashtagsOf(text.text).length > 0;
const headlineOf = ({ file, row }: LabelledText): string => `${file}:${row}`;

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
