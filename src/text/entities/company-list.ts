import { readFileSync } from 'node:fs';
import { splitWords } from './words.ts';

/** A listed company. Identity is by reference: all names and symbols of one company lead to one object. */
export interface Company {
  readonly symbol: string;
  readonly name: string;
}

/** A name may also be an ordinary word (`Target`), or the name of a person, a place or an index (`Powell`, `Nasdaq`). */
export type Doubt = 'none' | 'word' | 'name';

/** A name ends at this node when `company` is set; `doubt` says what else the name may be. */
export interface NameNode {
  next: Map<string, NameNode> | undefined;
  company: Company | undefined;
  doubt: Doubt;
  /** The name itself is written with a small first letter, as eBay is. */
  small: boolean;
  /** All capitals, two letters or more: an abbreviation, which counts only when written so. */
  capitals: boolean;
}

export interface CompanyList {
  /** Names as a trie over the keys of `splitWords`. */
  readonly names: NameNode;
  /** By every symbol that it has or had. */
  readonly bySymbol: ReadonlyMap<string, Company>;
  /** Symbols that a company no longer has: they are shown as they were found. */
  readonly former: ReadonlySet<string>;
}

let list: CompanyList | undefined;

/** The list that comes with the project, read once at first use (about 40 ms). */
export function companyList(): CompanyList {
  list ??= parseCompanies(readFileSync(new URL('./companies.txt', import.meta.url), 'utf8'));
  return list;
}

/** The format is described in the head of `companies.txt`. */
export function parseCompanies(text: string): CompanyList {
  const names = node();
  const bySymbol = new Map<string, Company>();
  const former = new Set<string>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [symbol = '', name = '', others = '', spellings = ''] = line.split('\t');
    const company = { symbol, name };
    bySymbol.set(symbol, company);
    for (const other of others.split(',').filter((part) => part !== '')) {
      const plain = other.replace(/^-/, '');
      if (plain !== other) former.add(plain);
      if (!bySymbol.has(plain)) bySymbol.set(plain, company);
    }
    for (const spelling of spellings.split('|')) if (spelling !== '') addName(names, spelling, company);
  }
  return { names, bySymbol, former };
}

function addName(root: NameNode, spelling: string, company: Company): void {
  const name = spelling.replace(/^[?~]/, '');
  let at = root;
  for (const word of splitWords(name)) {
    at.next ??= new Map();
    let next = at.next.get(word.key);
    if (next === undefined) {
      next = node();
      at.next.set(word.key, next);
    }
    at = next;
  }
  if (at === root || at.company !== undefined) return;
  at.company = company;
  at.doubt = spelling.startsWith('?') ? 'word' : spelling.startsWith('~') ? 'name' : 'none';
  at.small = /^\p{Ll}/u.test(name);
  at.capitals = /^[A-Z&]{2,5}$/.test(name);
}

function node(): NameNode {
  return { next: undefined, company: undefined, doubt: 'none', small: false, capitals: false };
}
