import { type Company, type CompanyList, companyList } from './company-list.ts';
import { findNames } from './names.ts';
import { findCashtags, findExchangeTickers, normaliseSymbol } from './symbols.ts';

/** A listed company that a text is about. */
export interface Entity {
  readonly symbol: string;
  readonly name: string;
}

/**
 * The companies that a text names, each once: first those that the source attached as tickers, then in order of appearance,
 * by cashtag, by ticker with its exchange, and by name. A symbol that is not in the list is its own name. A company found by
 * a former symbol keeps it (`FB`), and its present name adds nothing. Deterministic; no I/O but reading the list once.
 */
export function findEntities(text: string, tickers: readonly string[]): readonly Entity[] {
  const list = companyList();
  const known = (symbol: string): boolean => list.bySymbol.has(symbol);
  const found = new Map<Company | string, Entity>();
  for (const ticker of tickers) addSymbol(found, list, normaliseSymbol(ticker));
  const names = findNames(text, list.names);
  const mentions = [...findCashtags(text, known), ...findExchangeTickers(text, known)];
  if (mentions.length === 0) {
    for (const { company } of names) addCompany(found, company);
    return [...found.values()];
  }
  const all = [...mentions, ...names].sort((a, b) => a.index - b.index);
  for (const mention of all) {
    if ('symbol' in mention) addSymbol(found, list, mention.symbol);
    else addCompany(found, mention.company);
  }
  return [...found.values()];
}

function addSymbol(found: Map<Company | string, Entity>, list: CompanyList, symbol: string): void {
  if (symbol === '') return;
  const company = list.bySymbol.get(symbol);
  const key = company ?? symbol;
  if (found.has(key)) return;
  if (company === undefined) found.set(key, { symbol, name: symbol });
  else found.set(key, { symbol: list.former.has(symbol) ? symbol : company.symbol, name: company.name });
}

function addCompany(found: Map<Company | string, Entity>, company: Company): void {
  if (!found.has(company)) found.set(company, { symbol: company.symbol, name: company.name });
}
