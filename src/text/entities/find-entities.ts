import { type Company, companyList } from './company-list.ts';
import { findNames } from './names.ts';
import { findCashtags, findExchangeTickers, normaliseSymbol } from './symbols.ts';

/** A listed company that a text is about. */
export interface Entity {
  readonly symbol: string;
  readonly name: string;
  /** How the text calls it where it does so first; undefined when only the source attached it. */
  readonly mention: string | undefined;
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
  const add = (key: Company | string, entity: Entity): void => {
    const before = found.get(key);
    if (before === undefined) found.set(key, entity);
    else if (before.mention === undefined && entity.mention !== undefined) found.set(key, { ...before, mention: entity.mention });
  };
  const addSymbol = (symbol: string, mention?: string): void => {
    if (symbol === '') return;
    const company = list.bySymbol.get(symbol);
    if (company === undefined) add(symbol, { symbol, name: symbol, mention });
    else add(company, { symbol: list.former.has(symbol) ? symbol : company.symbol, name: company.name, mention });
  };
  for (const ticker of tickers) addSymbol(normaliseSymbol(ticker));
  const mentions = [...findNames(text, list.names), ...findCashtags(text, known), ...findExchangeTickers(text, known)];
  for (const mention of mentions.sort((a, b) => a.index - b.index)) {
    if ('symbol' in mention) addSymbol(mention.symbol, mention.text);
    else add(mention.company, { symbol: mention.company.symbol, name: mention.company.name, mention: mention.text });
  }
  return [...found.values()];
}
