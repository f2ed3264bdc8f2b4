import { readColumns } from '../src/feeds/text-file.ts';
import type { ClassifyInput } from '../src/model/serving/port.ts';
import { prepareText } from '../src/model/text-preparation.ts';
import { cashtagsOf } from './training-texts.ts';

/** A tweet of fewer words says nothing. */
const FEWEST_WORDS = 4;
/** Tweets about one company that make a paragraph. */
const PARAGRAPH = 4;

/**
 * What teachers are asked about, alone and about a company: labelled texts, and the tweets of a file that differ in their words, every
 * other one as it is and the rest as paragraphs, of some about the same company each, so that a student meets longer texts too.
 */
export async function teachingTexts(labelled: readonly ClassifyInput[], tweets: string): Promise<readonly ClassifyInput[]> {
  const inputs = new Map<string, ClassifyInput>();
  const add = (input: ClassifyInput): unknown => inputs.set(`${prepareText(input.text)}\n${input.entity ?? ''}`, input);
  const addBoth = (text: string, entity: string | undefined): void => {
    add({ text });
    if (entity !== undefined) add({ text, entity });
  };
  for (const { text, entity } of labelled) {
    if (entity === undefined) addBoth(text, cashtagsOf(text)[0]);
    else add({ text, entity });
  }
  const paragraphs = new Map<string, string[]>();
  let count = 0;
  for await (const text of differentTweets(tweets)) {
    count += 1;
    const tags = cashtagsOf(text);
    const tag = tags[count % Math.max(1, tags.length)];
    if (tag === undefined || count % 2 === 0) {
      addBoth(text, tag);
      continue;
    }
    const some = [...(paragraphs.get(tag) ?? []), prepareText(text)];
    if (some.length === PARAGRAPH) addBoth(some.join('. '), tag);
    paragraphs.set(tag, some.length === PARAGRAPH ? [] : some);
  }
  return [...inputs.values()];
}

/** Without retweets, and those that say what one before said. */
async function* differentTweets(file: string): AsyncGenerator<string> {
  const known = new Set<string>();
  for await (const [text = ''] of readColumns(file, ['text'])) {
    const words = wordsOf(text);
    if (text.startsWith('RT @') || words.length < FEWEST_WORDS || known.has(words.join(' '))) continue;
    known.add(words.join(' '));
    yield text;
  }
}

/** What two tweets that say the same share: no addresses, names or numbers. */
const wordsOf = (text: string): readonly string[] =>
  prepareText(text)
    .toLowerCase()
    .replaceAll(/[@#$]\S+/g, ' ')
    .match(/[a-z]{2,}/g) ?? [];
