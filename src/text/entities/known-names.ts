/*
 * What the data sets do not say about names; used by build-companies.ts only. Symbols are those of the lists of 2026.
 */

type Table = Readonly<Record<string, readonly string[]>>;

/** A list of names, by commas. */
function list(names: string): ReadonlySet<string> {
  return new Set(names.split(',').map((name) => name.trim()));
}

/** Short names that newsrooms use. */
export const ALIASES: Table = {
  AAPL: ['Apple'],
  ABBV: ['AbbVie'],
  AMZN: ['Amazon', 'Amazon.com'],
  AXP: ['American Express', 'Amex'],
  AZN: ['AstraZeneca'],
  BA: ['Boeing'],
  BABA: ['Alibaba'],
  BAC: ['Bank of America', 'BofA', 'BofA Merrill Lynch'],
  BCS: ['Barclays'],
  BHP: ['BHP Billiton', 'BHP'],
  BIDU: ['Baidu'],
  BKNG: ['Booking Holdings', 'Booking.com', 'Priceline'],
  BLK: ['BlackRock'],
  BMY: ['Bristol-Myers', 'Bristol Myers Squibb'],
  BP: ['BP'],
  'BRK.B': ['Berkshire Hathaway', 'Berkshire'],
  BUD: ['AB InBev', 'Anheuser-Busch', 'Anheuser-Busch InBev'],
  BX: ['Blackstone'],
  C: ['Citigroup', 'Citi', 'Citibank'],
  CAT: ['Caterpillar'],
  CMCSA: ['Comcast'],
  COF: ['Capital One'],
  COP: ['ConocoPhillips', 'Conoco'],
  COST: ['Costco'],
  CRM: ['Salesforce', 'Salesforce.com'],
  CSCO: ['Cisco', 'Cisco Systems'],
  CVX: ['Chevron'],
  DAL: ['Delta Air', 'Delta Air Lines'],
  DB: ['Deutsche Bank'],
  DE: ['John Deere', 'Deere'],
  DIS: ['Disney', 'Walt Disney'],
  EBAY: ['eBay'],
  ERIC: ['Ericsson'],
  F: ['Ford', 'Ford Motor'],
  FDX: ['FedEx'],
  GE: ['GE', 'General Electric', 'GE Aerospace'],
  GM: ['GM', 'General Motors'],
  GOOG: ['Google', 'Alphabet'],
  GS: ['Goldman Sachs', 'Goldman'],
  GSK: ['GSK', 'GlaxoSmithKline', 'Glaxo'],
  HD: ['Home Depot'],
  HMC: ['Honda', 'Honda Motor'],
  HOG: ['Harley-Davidson', 'Harley'],
  HON: ['Honeywell'],
  HPE: ['Hewlett Packard Enterprise', 'HPE'],
  HPQ: ['HP Inc', 'Hewlett-Packard'],
  HSBC: ['HSBC'],
  IBM: ['IBM', 'International Business Machines'],
  ING: ['ING Groep', 'ING'],
  INTC: ['Intel'],
  JNJ: ['J&J', 'Johnson & Johnson'],
  JPM: ['JPMorgan', 'JP Morgan', 'J.P. Morgan', 'JPMorgan Chase'],
  KHC: ['Kraft Heinz'],
  KO: ['Coca-Cola', 'Coke'],
  LLY: ['Eli Lilly', 'Lilly'],
  LMT: ['Lockheed', 'Lockheed Martin'],
  LUV: ['Southwest Airlines'],
  LYG: ['Lloyds', 'Lloyds Banking', 'Lloyds Banking Group'],
  M: ["Macy's"],
  MA: ['Mastercard'],
  MCD: ["McDonald's", 'McDonalds'],
  META: ['Facebook', 'Meta', 'Meta Platforms'],
  MMM: ['3M'],
  MRK: ['Merck'],
  MS: ['Morgan Stanley'],
  MSFT: ['Microsoft'],
  MUFG: ['Mitsubishi UFJ', 'MUFG'],
  NFLX: ['Netflix'],
  NGG: ['National Grid'],
  NKE: ['Nike'],
  NVDA: ['Nvidia'],
  NVO: ['Novo Nordisk', 'Novo'],
  NVS: ['Novartis'],
  ORCL: ['Oracle'],
  PCG: ['PG&E'],
  PEP: ['Pepsi', 'PepsiCo'],
  PFE: ['Pfizer'],
  PG: ['P&G', 'Procter & Gamble', 'Procter'],
  PM: ['Philip Morris', 'Philip Morris International'],
  QCOM: ['Qualcomm'],
  RIO: ['Rio Tinto'],
  RTX: ['Raytheon', 'United Technologies', 'Raytheon Technologies'],
  SAN: ['Banco Santander', 'Santander'],
  SAP: ['SAP'],
  SBUX: ['Starbucks'],
  SCHW: ['Charles Schwab', 'Schwab'],
  SHEL: ['Shell', 'Royal Dutch Shell', 'Royal Dutch'],
  SLB: ['Schlumberger'],
  SNY: ['Sanofi'],
  SONY: ['Sony'],
  SPOT: ['Spotify'],
  T: ['AT&T'],
  TGT: ['Target'],
  TM: ['Toyota', 'Toyota Motor'],
  TMUS: ['T-Mobile', 'T-Mobile US'],
  TSLA: ['Tesla'],
  TSM: ['TSMC', 'Taiwan Semiconductor'],
  TTE: ['TotalEnergies', 'Total SA'],
  UAL: ['United Airlines'],
  UBER: ['Uber'],
  UBS: ['UBS'],
  UL: ['Unilever'],
  UNH: ['UnitedHealth', 'UnitedHealth Group'],
  UPS: ['UPS', 'United Parcel Service'],
  V: ['Visa'],
  VOD: ['Vodafone'],
  VZ: ['Verizon', 'Verizon Communications'],
  WBD: ['Warner Bros. Discovery', 'Warner Bros'],
  WFC: ['Wells Fargo'],
  WMT: ['Walmart', 'Wal-Mart', 'Wal-Mart Stores'],
  XOM: ['Exxon', 'Exxon Mobil', 'ExxonMobil'],
  XYZ: ['Block Inc'],
};

/** Symbols that a company had before; found in a text they stay as they are, but mean the same company. */
export const FORMER: Table = {
  BHP: ['BBL'],
  BKNG: ['PCLN'],
  META: ['FB'],
  RTX: ['UTX', 'RTN'],
  SHEL: ['RDS.A', 'RDS.B', 'RDSA', 'RDSB'],
  TTE: ['TOT'],
  UL: ['UN'],
  XYZ: ['SQ'],
};

/** Clear although short or well-known words; lower case. */
export const PLAIN: ReadonlySet<string> = list(`
  3m, abb, activision blizzard, aig, alphabet, amd, american airlines, american express, american international, at&t,
  bank of america, best buy, bhp, booking.com, bp, bpcl, capital one, citi, csx, cvs, delta air, delta air lines,
  discover financial, dlf, dollar general, dollar tree, electronic arts, first solar, ford, ge, general dynamics,
  general electric, general mills, general motors, gm, gsk, hewlett-packard, home depot, hp, hpe, hsbc, ibm, ing, itc,
  j&j, jbs, kkr, l&t, lear, lilly, m&m, m&s, macys, meta platforms, mufg, national grid, norwegian cruise line, ntt,
  oracle, p&g, pg&e, ril, sap, sbi, southern company, southwest airlines, tcs, tjx, u.s. steel, ubs, under armour,
  united airlines, united parcel service, united states steel, ups, warner bros, waste management, wpp
`);

/** Names of persons, places and indices as well, so that a capital letter says nothing; lower case. */
export const AMBIGUOUS: ReadonlySet<string> = list(`
  acc, adani, bullish, block, gold.com,  agm, albany, allen, ambani, american international, andhra, anil, apollo, arvind, ashok, bajaj, berkshire,
  birla, bombay, boston, brady, california, campbell, campbell's, capri, care, carnival, carter, central bank, century,
  chase, china fund, coke, columbia, commerce, conoco, cooper, cooper standard, copa, crawford, curtis, dana, dave,
  deepak, delhi, delta, douglas, dover, dow, edwards, essar, everest, federal bank, first bank, first national bank, fox,
  franklin, garrett, gopal, graham, gujarat, hamilton, harley, hartford, hinduja, hyderabad, icahn, india cements, ioc,
  jackson, jaypee, jet, jindal, karnataka, kent, kerala, kiran, kirby, krishna, liberty, lincoln, madison, madras,
  maharashtra, mahindra, marcus, merlin, meta, mohan, monday, monday.com, monroe, moody's, moody’s, morgan, msci, mukesh,
  murphy, nasdaq, national bank, nfl, nifty, noah, nov, novo, orient, orissa, palmer, park, peoples bank, phoenix,
  phoenix mills, powell, prakash, price, procter, progress, punjab, rahul, rajasthan, ramesh, raymond, rec, regis,
  reliance, republic, rogers, ross, royal dutch, s&p global, sabre, sanjay, sensex, shiva, sierra, sinclair, square,
  stanley, stewart, sunil, suresh, tamil nadu, tata, the bank, thomas cook, thomson, total, trent, tyler, united,
  united bank, united states antimony, venu, victoria, vijay, viking, vince, virgin, washington, wendy, williams
`);

/** Never a company by name alone: as the keys of `splitWords`. */
export const NEVER: ReadonlySet<string> = list(`
  agm, america, today, todays, gold, silver, oil, bse, ceo, cfo, china, cpi, ecb, etf, eu, fda, fed, gdp, here, imf, india, ipo, it, mf, news, nov, nse,
  nyse, on, opec, people, pmi, post, psu, rbi, rbs, sebi, sec, the, uk, un, us, usa
`);

/** Foreign groups whose Indian companies the list has under their plain name too: that name means the group. */
export const PARENTS: ReadonlySet<string> = list(`
  3m, abb, abbott, akzo nobel, alstom, areva, astrazeneca, basf, bayer, bosch, castrol, colgate, cummins, delta,
  gillette, glaxosmithkline, gsk, hitachi, honeywell, ingersoll rand, johnson controls, kennametal, linde, merck,
  monsanto, nestle, novartis, oracle, pfizer, procter & gamble, sanofi, siemens, skf, suzuki, thomas cook, timken,
  vesuvius, vodafone, volkswagen, whirlpool, xerox
`);
