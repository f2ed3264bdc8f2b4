import type { Company, NameNode } from './company-list.ts';
import { splitWords, type Word } from './words.ts';

export interface NameMention {
  readonly company: Company;
  /** As it stands in the text, without a possessive. */
  readonly text: string;
  readonly index: number;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** After a name these make it a company's. */
const CORPORATE = words(
  'inc incorporated corp corporation co company ltd limited plc llc lp ag nv sa se group holdings shares stock ceo cfo coo chairman chairwoman chief founder earnings shareholders investors q1 q2 q3 q4 spokesman spokeswoman unit subsidiary',
);

/** Those of them that nobody uses of persons, places and indices. */
const STRICT = words(
  'inc incorporated corp corporation ltd limited plc llc ag nv sa shares stock ceo cfo coo earnings shareholders q1 q2 q3 q4',
);

/** What companies do in headlines, and ordinary things, people and places seldom. */
const DEEDS = words(
  'reports reported posts posted raises raised beats misses says said names appoints appointed acquires acquired buys sells unveils launches launched recalls agrees sues hires lays announces announced declares warns forecasts expects plans files profit profits revenue quarterly slashes trims swings upgraded downgraded initiates signs wins bags settles invests explores considers seeks pays drops tumbles jumps slumps soars surges slides plunges rallies',
);

/**
 * Company names in a text, in order, the longest where names overlap. A name must be written as one: with capitals, or as the
 * company writes it. A name that is also a word, a person or a place counts only in a context that makes it a company.
 */
export function findNames(text: string, names: NameNode): NameMention[] {
  const list = splitWords(text);
  const found: NameMention[] = [];
  let titleCase: boolean | undefined;
  for (let start = 0; start < list.length; start++) {
    const match = longestName(list, start, names);
    if (match === undefined) continue;
    const { node, end, company } = match;
    if (node.doubt === 'name') {
      if (!hasCorporateWord(list, start, end, STRICT)) continue;
    } else if (node.doubt === 'word') {
      titleCase ??= isTitleCase(list);
      if (!speaksOfCompany(list, start, end, titleCase)) continue;
    } else if (end - start === 1 && insideLongerName(list, start, end)) continue;
    const [first, last] = [list[start]!, list[end - 1]!]; // start < end <= list.length
    const name = text.slice(first.index, last.index + last.text.length).replace(/['’]s?$/, '');
    found.push({ company, text: name, index: first.index });
    start = end - 1;
  }
  return found;
}

function longestName(
  list: readonly Word[],
  start: number,
  root: NameNode,
): { node: NameNode; end: number; company: Company } | undefined {
  let best: { node: NameNode; end: number; company: Company } | undefined;
  let node: NameNode | undefined = root;
  for (let index = start; index < list.length; index++) {
    const word: Word = list[index]!; // index < list.length
    // No name goes on after a possessive or over the end of a sentence.
    if (index > start && (word.first || list[index - 1]!.possessive)) break;
    node = node.next?.get(word.key);
    if (node === undefined) break;
    if (node.company !== undefined && writtenAsName(list, start, index + 1, node))
      best = { node, end: index + 1, company: node.company };
  }
  return best;
}

function writtenAsName(list: readonly Word[], start: number, end: number, node: NameNode): boolean {
  const first = list[start]!; // start < end <= list.length
  if (first.tagged) return false;
  if (node.capitals) return isUpper(first.text.replace(/['’]s?$/, ''));
  if (!first.capital && !node.small) return false;
  for (let index = start + 1; index < end; index++) {
    const word = list[index]!; // index < end
    if (!word.capital && word.key !== '&' && word.key !== 'of' && word.key !== 'the' && word.key !== 'de' && !node.small)
      return false;
  }
  return true;
}

function isUpper(text: string): boolean {
  return text === text.toUpperCase();
}

/** Most longer words begin with a capital, so that a capital says nothing. */
function isTitleCase(list: readonly Word[]): boolean {
  let capitals = 0;
  let longer = 0;
  for (const word of list) {
    if (word.text.length < 4 || word.first) continue;
    longer++;
    if (word.capital) capitals++;
  }
  return longer === 0 || capitals > longer * 0.6;
}

/** `Gap Inc`, `Visa shares`, `shares of Visa`, `stake in Target`. */
function hasCorporateWord(list: readonly Word[], start: number, end: number, corporate: ReadonlySet<string>): boolean {
  const first = list[start]!; // start < end <= list.length
  const after = list[end];
  const before = list[start - 1];
  if (!first.capital) return false;
  if (after !== undefined && !after.first && corporate.has(after.key)) return true;
  if (before === undefined || first.first || (before.key !== 'of' && before.key !== 'in')) return false;
  return /^(?:shares?|stock|stake)$/.test(list[start - 2]?.key ?? '');
}

function speaksOfCompany(list: readonly Word[], start: number, end: number, titleCase: boolean): boolean {
  const first = list[start]!; // start < end <= list.length
  const last = list[end - 1]!;
  const before = list[start - 1];
  const after = list[end];
  if (!first.capital) return false;
  const upper = first.text.length >= 4 && isUpper(first.text) && !isUpper(list.map((word) => word.text).join(''));
  // `SAIL to raise funds`: small letters elsewhere make it an abbreviation.
  if (upper && end - start === 1) return true;
  if (hasCorporateWord(list, start, end, CORPORATE)) return true;
  const named =
    end - start === 1 && neighbourIsName(before, first)
      ? false
      : !(after !== undefined && !after.first && after.capital && !titleCase);
  if (!named) return false;
  if (last.possessive && !titleCase && end - start === 1 && !first.first) return true;
  if (after !== undefined && !after.first && DEEDS.has(after.key)) return true;
  return !titleCase && !first.first && !isUpper(list.map((word) => word.text).join(''));
}

/** The word before belongs to the same name, as in `Harrison Ford` or `Sea Shell`. */
function neighbourIsName(before: Word | undefined, word: Word): boolean {
  return before !== undefined && !word.first && before.capital && !before.possessive && before.key !== '&';
}

/** A clear name of one word is part of another name when capitals stand on both sides: `New York Apple Association`. */
function insideLongerName(list: readonly Word[], start: number, end: number): boolean {
  const after = list[end];
  if (after === undefined || after.first || list[start]!.possessive) return false; // start < list.length
  return (
    after.key === 'foundation' ||
    after.key === 'university' ||
    after.key === 'museum' ||
    after.key === 'stadium' ||
    after.key === 'street'
  );
}
