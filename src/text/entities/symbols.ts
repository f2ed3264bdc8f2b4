/** Codes that stand after a dollar sign and are no shares. */
const CURRENCIES: ReadonlySet<string> = new Set(['USD', 'EUR', 'GBP', 'JPY', 'CHF', 'CAD', 'AUD', 'CNY', 'INR']);

/** Exchanges as newsrooms write them, and the suffix that tells their symbols from those of New York. */
const EXCHANGES: Readonly<Record<string, string>> = {
  nyse: '',
  'nyse american': '',
  'nyse arca': '',
  'nyse mkt': '',
  nysemkt: '',
  nyseamerican: '',
  nysearca: '',
  amex: '',
  nasdaq: '',
  nasdaqgs: '',
  nasdaqgm: '',
  nasdaqcm: '',
  otc: '',
  otcqb: '',
  otcqx: '',
  otcmkts: '',
  bats: '',
  cboe: '',
  lse: '.L',
  lon: '.L',
  aim: '.L',
  tsx: '.TO',
  tsxv: '.V',
  'tsx-v': '.V',
  cse: '.CN',
  asx: '.AX',
  hkex: '.HK',
  sehk: '.HK',
  hkg: '.HK',
  nse: '.NS',
  bse: '.BO',
  fra: '.F',
  xetra: '.DE',
  etr: '.DE',
  epa: '.PA',
  sgx: '.SI',
  jse: '.JO',
};

const CASHTAG = /(?<![\p{L}\p{N}$])\$([A-Za-z]{1,5}(?:[.-][A-Za-z])?)(?![\p{L}\p{N}$])/gu;
const EXCHANGE_TICKER =
  /\b(NYSE(?:[ -]?(?:American|MKT|Arca))?|AMEX|NASDAQ(?:GS|GM|CM|[ -][A-Z]{2})?|OTC(?:QB|QX|MKTS)?|BATS|CBOE|LSE|LON|AIM|TSX(?:-?V)?|CSE|ASX|HKEX|SEHK|HKG|NSE|BSE|FRA|XETRA|ETR|EPA|SGX|JSE)\s{0,2}:\s{0,2}\$?([A-Za-z0-9]{1,9}(?:[.-][A-Za-z]{1,2})?)(?![\p{L}\p{N}])/giu;

export interface SymbolMention {
  readonly symbol: string;
  /** As it stands in the text. */
  readonly text: string;
  readonly index: number;
}

/** Symbols as this project writes them: upper case, the share class after a dot (`BRK.B`); `''` when it cannot be one. */
export function normaliseSymbol(text: string): string {
  const symbol = text.trim().replace(/^\$/, '').toUpperCase().replace(/[-/ ]/, '.');
  return /^[A-Z0-9&]{1,12}(?:\.[A-Z]{1,2})?$/.test(symbol) ? symbol : '';
}

/**
 * `$AAPL`, `$BRK.B`; in small letters only symbols that are known, of three letters and more. Not `US$`, `L$D`, `$5M`, `$USD`.
 */
export function findCashtags(text: string, known: (symbol: string) => boolean): SymbolMention[] {
  if (!text.includes('$')) return [];
  const found: SymbolMention[] = [];
  for (const match of text.matchAll(CASHTAG)) {
    let tag = match[1] ?? '';
    // `$AAPL-I` is the share AAPL and a hyphen unless there is such a class; `$T.` at the end of a sentence has none.
    if (/[.-]/.test(tag) && !known(normaliseSymbol(tag))) tag = tag.replace(/[.-].*/, '');
    const symbol = normaliseSymbol(tag);
    const upper = tag === tag.toUpperCase();
    if (CURRENCIES.has(symbol) || (!upper && (symbol.length < 3 || !known(symbol)))) continue;
    found.push({ symbol, text: `$${tag}`, index: match.index });
  }
  return found;
}

/** `(NYSE: XOM)`, `NASDAQ:AAPL`, `LSE: VOD`; the last becomes `VOD.L`, since London's symbols are not New York's. */
export function findExchangeTickers(text: string, known: (symbol: string) => boolean): SymbolMention[] {
  if (!text.includes(':')) return [];
  const found: SymbolMention[] = [];
  for (const match of text.matchAll(EXCHANGE_TICKER)) {
    const [whole, exchange = '', ticker = ''] = match;
    const plain = normaliseSymbol(ticker);
    // Tickers are written in capitals: `Nasdaq: stocks fall` names none.
    if (plain === '' || ticker !== ticker.toUpperCase() || /^\d+$/.test(plain) !== /^(?:hkex|sehk|hkg)$/i.test(exchange))
      continue;
    const suffix = EXCHANGES[exchange.toLowerCase()] ?? '';
    const local = suffix === '' || plain.includes('.') ? plain : `${plain}${suffix}`;
    // Indian companies stand in the list under their exchange's symbol.
    const symbol = (suffix === '.NS' || suffix === '.BO') && !known(local) && known(plain) ? plain : local;
    found.push({ symbol, text: ticker, index: match.index + whole.length - ticker.length });
  }
  return found;
}
