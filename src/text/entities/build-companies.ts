/*
 * Writes companies.txt, the compact list of company names, from the data sets that it is made of. Not part of a release:
 *
 *     node src/text/entities/build-companies.ts DATA_FOLDER VOCABULARY_JSON
 *
 * DATA_FOLDER holds entities/*.csv (names; PDDL 1.0 and MIT, see the list's head) and headlines/*.csv; VOCABULARY_JSON is the
 * vocabulary of RoBERTa's tokenizer. The last two only decide which names are ordinary words: a word that English text has
 * oftener in small letters than as a name is marked ambiguous. No text of them goes into the list.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { ALIASES, AMBIGUOUS, FORMER, NEVER, PARENTS, PLAIN } from './known-names.ts';
import { splitWords } from './words.ts';

interface Company {
  readonly symbol: string;
  readonly name: string;
  /** 3: in the S&P 500, 2: in the Indian list, 1: the others. A name belongs to the highest. */
  readonly tier: number;
  readonly otherSymbols: Set<string>;
  readonly names: Set<string>;
}

const [folder, vocabularyFile] = process.argv.slice(2);
if (folder === undefined || vocabularyFile === undefined)
  throw new Error('usage: build-companies.ts DATA_FOLDER VOCABULARY_JSON');

const rows = (file: string): Record<string, string>[] =>
  parse(readFileSync(join(folder, file)), { columns: true, relax_quotes: true });
const vocabulary = new Map<string, number>(Object.entries(JSON.parse(readFileSync(vocabularyFile, 'utf8'))));

const LEGAL = String.raw`Inc|Incorporated|Corp|Corporation|Co|Company|Ltd|Limited|plc|p\.l\.c|N\.?V|S\.?A|SE|AG|L\.?P|LLC|S\.p\.A|A\/S|ASA|B\.?V|KGaA|\(The\)|Registered(?: Shares)?|- Old`;
const LEGAL_END = new RegExp(String.raw`(?:,?\s+(?:(?:&|and)\s+)?(?:${LEGAL})\.?,?)+$`, 'i');
const LOOSE_END =
  /,?\s+(?:Holdings?|Group|Companies|International|Technologies|Bancorp|Trust|Enterprises|Industries|\(India\)|India)$/i;

const companies = new Map<string, Company>();
const listed = rows('entities/listed-companies.csv');
const bySameName = Map.groupBy(listed, (row) => row.name ?? '');
for (const classes of bySameName.values()) {
  // Share classes are one company: the class of the S&P 500 if any, else the shortest symbol, stands for it.
  const sorted = classes.toSorted(
    (a, b) => rank(a) - rank(b) || symbolOf(a).length - symbolOf(b).length || (symbolOf(a) < symbolOf(b) ? -1 : 1),
  );
  const main = sorted[0];
  if (main === undefined) continue;
  const symbol = symbolOf(main);
  const display = shortName((main.sp500_name?.includes('(E') ? main.name : main.sp500_name) || main.name || symbol);
  const names = new Set([...variants(main.name ?? ''), ...variants(main.sp500_name ?? '')]);
  companies.set(symbol, {
    symbol,
    name: display,
    tier: rank(main) === 0 ? 3 : 1,
    otherSymbols: new Set(sorted.slice(1).map(symbolOf)),
    names,
  });
}
addIndian();
for (const [symbol, former] of Object.entries(FORMER))
  for (const old of former) if (!companies.has(old)) companies.get(symbol)?.otherSymbols.add(`-${old}`);
for (const [symbol, aliases] of Object.entries(ALIASES)) {
  const company = companies.get(symbol);
  if (company === undefined) console.warn(`no company ${symbol}`);
  for (const alias of aliases) company?.names.add(alias);
}

function keyOf(name: string): string {
  return splitWords(name)
    .map((word) => word.key)
    .join(' ');
}

function rank(row: Record<string, string>): number {
  return row.sp500_name ? 0 : 1;
}

function symbolOf(row: Record<string, string>): string {
  return (row.ticker ?? '').replace('-', '.');
}

function shortName(name: string): string {
  return (
    name
      .replace(/\s*\(Class [A-Z]\)/, '')
      .replace(LEGAL_END, '')
      .replace(/^The\s+/, '')
      .replace(/\s+/g, ' ')
      .replace(/^VISA$/i, 'Visa')
      .trim() || name
  );
}

function variants(name: string): string[] {
  const short = shortName(name);
  if (short === '') return [];
  const found = [short];
  const loose = short.replace(LOOSE_END, '').trim();
  // `American Airlines Group` is `American Airlines`; one word that remains must be a coined one, which `ambiguous` judges.
  if (loose !== short && loose.length >= 4) found.push(loose);
  const dotless = short.replace(/\.com$/i, '');
  if (dotless !== short) found.push(dotless);
  return found;
}

function addIndian(): void {
  for (const row of rows('entities/sentfin-entities.csv')) {
    const aliases = (row.Entity ?? '').split(',').map((alias) => alias.trim());
    const company = aliases.find((alias) => /\b(?:Ltd|Limited|Bank|Corp|Corporation)\b\.?/.test(alias));
    const sector = aliases.some((alias) =>
      /^[a-z]|\b(?:stocks|shares|companies|cos|sector|space|makers|banks|funds|firms|players|Public Limited)\b/.test(alias),
    );
    if (company === undefined || sector) continue;
    const short = shortName(company);
    const known = [...bySameName.keys()].find((name) => shortName(name).toLowerCase() === short.toLowerCase());
    if (known !== undefined) continue;
    const plain = row.Symbol ?? '';
    const symbol = companies.has(plain) ? `${plain}.NS` : plain;
    const names = new Set([
      ...aliases.filter((alias) => alias.length > 2).flatMap((alias) => [shortName(alias), ...variants(alias)]),
    ]);
    companies.set(symbol, { symbol, name: short, tier: 2, otherSymbols: new Set(), names });
  }
}

// How often each word of the headlines begins with a capital and with a small letter.
const capitals = new Map<string, number>();
const smalls = new Map<string, number>();
/** Neighbouring words that stand in small letters somewhere: an ordinary phrase if a company is called so. */
const smallPhrases = new Set<string>();
for (const file of ['headlines/reuters.csv', 'headlines/guardian.csv']) {
  for (const row of rows(file)) {
    const words = splitWords(row.headline ?? '');
    for (const [index, word] of words.entries()) {
      for (let length = 2; length <= 3; length++) {
        const phrase = words.slice(index, index + length);
        if (phrase.length === length && phrase.every((part) => !part.capital))
          smallPhrases.add(phrase.map((part) => part.key).join(' '));
      }
      const counts = word.capital ? capitals : smalls;
      counts.set(word.key, (counts.get(word.key) ?? 0) + 1);
    }
  }
}

/** Also the name of persons or places: known to the vocabulary, and not for a company of any size. */
function proper(name: string, company: Company): boolean {
  if (AMBIGUOUS.has(name.toLowerCase())) return true;
  if (PLAIN.has(name.toLowerCase()) || ALIASES[company.symbol]?.includes(name) || splitWords(name).length > 1) return false;
  const known = vocabulary.has(`Ġ${name}`) || vocabulary.has(`Ġ${name[0]}${name.slice(1).toLowerCase()}`);
  return name.length <= 3 || (known && company.tier === 1);
}

/** A name that is an ordinary word or phrase as well. */
function ambiguous(name: string): boolean {
  if (PLAIN.has(name.toLowerCase())) return false;
  const words = splitWords(name);
  if (words.length > 1) return smallPhrases.has(keyOf(name)) || words.every((word) => common(word.key));
  return !/[a-z][A-Z]/.test(name) && ordinary(name);
}

/** Among the commonest words: a name made of these alone may stand in any headline in title case. */
function common(word: string): boolean {
  const small = vocabulary.get(`Ġ${word}`);
  return word === '&' || /^\d+$/.test(word) || (small !== undefined && small < 2500);
}

function ordinary(word: string): boolean {
  const small = vocabulary.get(`Ġ${word.toLowerCase()}`);
  const capital = vocabulary.get(`Ġ${word[0]?.toUpperCase()}${word.slice(1).toLowerCase()}`);
  const key = word.toLowerCase();
  if (small !== undefined && (capital === undefined || small < 3.5 * capital)) return true;
  return (smalls.get(key) ?? 0) > 0.03 * (capitals.get(key) ?? 0);
}

const owners = new Map<string, Set<string>>();
for (const company of companies.values())
  for (const name of company.names) owners.set(keyOf(name), (owners.get(keyOf(name)) ?? new Set()).add(company.symbol));

/** A name that several companies have belongs to the one of the highest tier; to none if those are several, but in the Indian
 * list, which has some companies twice. */
function belongs(name: string, company: Company): boolean {
  const others = [...(owners.get(keyOf(name)) ?? [])].filter((symbol) => symbol !== company.symbol);
  if (others.length === 0 || ALIASES[company.symbol]?.includes(name)) return true;
  if (others.some((symbol) => ALIASES[symbol]?.some((alias) => keyOf(alias) === keyOf(name)))) return false;
  return others.every((symbol) => {
    const tier = companies.get(symbol)?.tier ?? 0;
    return tier < company.tier || (tier === 2 && company.tier === 2 && company.symbol < symbol);
  });
}

const lines: string[] = [];
let marked = 0;
for (const company of [...companies.values()].sort((a, b) => (a.symbol < b.symbol ? -1 : 1))) {
  const names = new Map<string, string>();
  for (const name of company.names) {
    const key = keyOf(name);
    if (
      key === '' ||
      key.length < 2 ||
      NEVER.has(key) ||
      names.has(key) ||
      (company.tier === 2 && PARENTS.has(name.toLowerCase())) ||
      !belongs(name, company) ||
      /[\t|?~]/.test(name)
    )
      continue;
    const mark = proper(name, company) ? '~' : ambiguous(name) ? '?' : '';
    if (mark !== '') marked++;
    names.set(key, `${mark}${name}`);
  }
  lines.push([company.symbol, company.name, [...company.otherSymbols].join(','), [...names.values()].join('|')].join('\t'));
}

const HEAD = `# Listed companies and the names they go by. Written by build-companies.ts; do not edit.
# Sources: datasets/s-and-p-500-companies, datasets/nasdaq-listings, datasets/nyse-other-listings (PDDL 1.0; the lists of securities
# refer to the copyright notice of NASDAQ, (c) 2010 The NASDAQ OMX Group, Inc.); pyRis/SEntFiN (MIT, (c) 2021 Ankur Sinha, Satishwar
# Kedas, Rishu Kumar, Pekka Malo). See NOTICE.
# symbol <tab> name <tab> other symbols (-: former ones) <tab> names, by |; before a name ? if it is an ordinary
# word as well, ~ if it is the name of a person, a place or an index as well
`;
const target = new URL('./companies.txt', import.meta.url);
writeFileSync(target, `${HEAD}${lines.join('\n')}\n`);
console.log(`${lines.length} companies, ${marked} ambiguous names`);
