import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { companyList, parseCompanies } from '../../../src/text/entities/company-list.ts';
import { findEntities } from '../../../src/text/entities/find-entities.ts';
import { findNames } from '../../../src/text/entities/names.ts';

/** Any UTF-16 at all, lone surrogates too. */
const anyText = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 80 }).map((units) => String.fromCharCode(...units));

const symbols = (text: string, tickers: readonly string[] = []): string[] =>
  findEntities(text, tickers).map((entity) => entity.symbol);

test('finds cashtags, in the order of the text, each company once', () => {
  assert.deepEqual(symbols('$MSFT up, $AAPL down; again $MSFT and Microsoft, $brk-b'), ['MSFT', 'AAPL', 'BRK.B']);
  assert.deepEqual(symbols('Long $T. Short ($XOM), $BRK.B!'), ['T', 'XOM', 'BRK.B']);
});

test('takes money and slang for no cashtag', () => {
  assert.deepEqual(symbols('US$ up; HEI$T and L$D made $5M, $100, $USD 3, $$$, A$AP, a$aapl'), []);
});

test('accepts an unknown cashtag as its own name', () => {
  assert.deepEqual(findEntities('Buying $ZZQQX now', []), [{ symbol: 'ZZQQX', name: 'ZZQQX', mention: '$ZZQQX' }]);
  assert.deepEqual(symbols('a small letter $zzqqx is none'), []);
});

test('says how the text calls a company, by its first mention', () => {
  const mentions = (text: string, tickers: readonly string[] = []): unknown[] =>
    findEntities(text, tickers).map(({ symbol, mention }) => [symbol, mention]);
  assert.deepEqual(mentions("Apple's supplier $TSM sues Coca-Cola Co; Apple falls"), [
    ['AAPL', 'Apple'],
    ['TSM', '$TSM'],
    ['KO', 'Coca-Cola'],
  ]);
  assert.deepEqual(mentions('Exxon (NYSE: XOM) falls'), [['XOM', 'Exxon']]);
  assert.deepEqual(mentions('Apple falls', ['MSFT', 'AAPL']), [
    ['MSFT', undefined],
    ['AAPL', 'Apple'],
  ]);
});

test('finds tickers with their exchange', () => {
  assert.deepEqual(symbols('Exxon Mobil Corp. (NYSE: XOM) and Apple (NASDAQ:AAPL), Berkshire (NYSE: BRK.B)'), [
    'XOM',
    'AAPL',
    'BRK.B',
  ]);
  assert.deepEqual(symbols('BAE Systems (LSE: BA) wins; Shopify (TSX: SHOP)'), ['BA.L', 'SHOP', 'SHOP.TO']);
  assert.deepEqual(symbols('Bank (NSE: BANKBARODA)'), ['BANKBARODA']);
  assert.deepEqual(symbols('Nasdaq: stocks fall; NYSE: 2 halts'), []);
});

test('finds company names by the words of newsrooms, with possessives, hyphens and legal forms', () => {
  assert.deepEqual(symbols("Apple's supplier says Coca-Cola and Wal-Mart Stores Inc. beat J.P. Morgan"), [
    'AAPL',
    'KO',
    'WMT',
    'JPM',
  ]);
  assert.deepEqual(symbols('McDonald’s, AT&T and Procter and Gamble rise'), ['MCD', 'T', 'PG']);
  assert.deepEqual(symbols("Boeing's 737 MAX grounded, GE hurt"), ['BA', 'GE']);
});

test('takes the longest of overlapping names', () => {
  const list = parseCompanies('BA1\tBank\t\tAmerica Bank\nBA2\tTrust\t\tAmerica Bank Trust\nBA3\tOther\t\tTrust');
  assert.deepEqual(
    findNames('America Bank Trust and America Bank', list.names).map((mention) => mention.company.symbol),
    ['BA2', 'BA1'],
  );
  assert.deepEqual(symbols('Capital One and American Express, General Motors'), ['COF', 'AXP', 'GM']);
});

test('wants names written as names', () => {
  assert.deepEqual(symbols('an apple a day, amazon of words, the home depot'), []);
  assert.deepEqual(symbols('#Apple @Boeing'), []);
  assert.deepEqual(symbols('Bids on eBay rise'), ['EBAY']);
});

test('takes an ordinary word for a company only in a context that makes it one', () => {
  for (const text of [
    'Target price raised to 50',
    'Visa rules tightened for students',
    'Gap narrows between rich and poor',
    'Block on imports ends',
    'A Snap Election Is Called',
    'It Is On',
    'Shell shock for Tories',
  ]) {
    assert.deepEqual(symbols(text), [], text);
  }
  for (const [text, symbol] of [
    ['Target shares fall after outlook', 'TGT'],
    ['Target raises full-year outlook', 'TGT'],
    ['Retailers such as Target are hiring', 'TGT'],
    ['Visa Inc to buy Plaid', 'V'],
    ['Gap Inc cuts jobs', 'GAP'],
    ['Regulator fines Shell over leak', 'SHEL'],
    ['Ally Financial profit slips', 'ALLY'],
  ] as const) {
    assert.deepEqual(symbols(text), [symbol], text);
  }
});

test('takes persons, places and indices for no company', () => {
  for (const text of [
    'Fed chair Powell says rates to stay',
    'Nasdaq falls 2 percent, Dow slips',
    'Washington and California sue',
    'Stocks open lower on Monday',
    'ECB holds rates',
  ]) {
    assert.deepEqual(symbols(text), [], text);
  }
  assert.deepEqual(symbols('Nasdaq Inc to buy data firm'), ['NDAQ']);
});

test('keeps a former symbol as it was found, and knows its company', () => {
  assert.deepEqual(findEntities('$FB: Facebook and Meta Platforms', []), [
    { symbol: 'FB', name: 'Meta Platforms', mention: '$FB' },
  ]);
  assert.deepEqual(symbols('Facebook fined'), ['META']);
  assert.deepEqual(symbols('$GOOGL and $GOOG and Google'), ['GOOG']);
});

test('puts the tickers of the source first, normalised', () => {
  assert.deepEqual(symbols('Apple and $MSFT', ['brk-b', ' $tsla ', '', '???', 'MSFT']), ['BRK.B', 'TSLA', 'MSFT', 'AAPL']);
});

test('has a list without names that are everybody’s', () => {
  const { bySymbol } = companyList();
  assert.ok(bySymbol.size > 6000);
  for (const text of ['The Home Of The People', 'In On It At A', 'First National Bank And Trust Of The City'])
    assert.deepEqual(symbols(text), [], text);
});

test('gives unique entities with a symbol and a name for any text', () => {
  const piece = fc.constantFrom(
    'Apple',
    "Apple's",
    '$',
    '$AAPL',
    '(NYSE:',
    'XOM)',
    ' ',
    '. ',
    'Bank of',
    'America',
    'target',
    'Target',
    '’s',
    '&',
    'AT&T',
    '-',
    '\u{1f600}',
    'É',
    ':',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 20 }).map((parts) => parts.join(' ')),
        anyText,
      ),
      (text) => {
        const found = findEntities(text, []);
        assert.equal(new Set(found.map((entity) => entity.symbol)).size, found.length);
        for (const entity of found) assert.ok(/^[A-Z0-9&.-]+$/.test(entity.symbol) && entity.name !== '', entity.symbol);
        assert.deepEqual(found, findEntities(text, []));
      },
    ),
  );
});
