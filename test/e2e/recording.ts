import { writeFile } from 'node:fs/promises';
import { sentimentLabel } from '../../src/domain/article.ts';
import { openStubClassifier } from '../../src/model/serving/stub.ts';
import { DAY, HOUR, MINUTE, random, T0 } from '../ledger/scored.ts';

const COMPANIES = [
  ['Apple', 'AAPL'],
  ['Microsoft', 'MSFT'],
  ['Tesla', 'TSLA'],
  ['Boeing', 'BA'],
  ['JPMorgan', 'JPM'],
  ['Exxon', 'XOM'],
  ['Nvidia', 'NVDA'],
  ['Disney', 'DIS'],
] as const;
const GOOD = ['beats forecasts with record profit', 'raises its dividend', 'wins a large contract', 'jumps after strong sales'];
const BAD = ['plunges on profit warning', 'is sued for fraud', 'cuts jobs as losses widen', 'recalls products after failures'];
const PLAIN = ['names a new finance chief', 'will report its results', 'opens an office', 'holds its annual meeting'];
const PLACES = ['in London', 'in Texas', 'in Tokyo', 'in Berlin', 'in Ohio', 'in Madrid', 'in Sydney', 'in Toronto', 'in Seoul'];
const UNITS = [
  'cloud',
  'retail',
  'energy',
  'lending',
  'engine',
  'streaming',
  'chip',
  'defence',
  'research',
  'leasing',
  'battery',
];
const TAILS = [
  'say analysts',
  'its board says',
  'people familiar say',
  'according to a filing',
  'regulators say',
  'sources tell',
];

const STUB = openStubClassifier();

interface Row {
  readonly ts: string;
  readonly title: string;
  readonly id: string;
  readonly ticker?: string;
}

/**
 * A recording of made-up news over four days, always the same for a size: mostly new stories, some told again in the same or
 * nearly the same words, some rows twice or late, a few that are none, and at the end a burst of `size` bad news about one company
 * within forty minutes (bad for the stub model too); more bursts, about others, come at equal distances before.
 */
export async function writeRecording(file: string, articles: number, { bursts = 1, size = 40 } = {}): Promise<void> {
  const next = random(20_260_105);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T; // `next` is below 1
  const lines: string[] = [];
  const rows: Row[] = [];
  const add = (row: Row): void => {
    rows.push(row);
    lines.push(JSON.stringify(row));
  };
  const title = (company: string, what: string): string =>
    `${company} ${pick(UNITS)} unit ${pick(PLACES)} ${what}, ${Math.floor(next() * 900) + 100} affected, ${pick(TAILS)}`;
  const burst = async (name: string, from: number, company: string, ticker: string): Promise<void> => {
    for (let n = 0; n < size; n += 1) {
      const ts = new Date(from + Math.floor((n / size) * 40 * MINUTE)).toISOString();
      let bad: string;
      do bad = title(company, pick(BAD));
      while (!(await isBadForStub(bad, company)));
      add({ ts, id: `${name}${n}`, ticker, title: bad });
    }
  };
  const every = Math.ceil(articles / bursts);
  for (let n = 0; n < articles; n += 1) {
    if (n > 0 && n % every === 0) {
      const [company, symbol] = COMPANIES[(n / every) % COMPANIES.length] ?? COMPANIES[0];
      await burst(`burst${n}-`, T0 + Math.floor((n / articles) * 4 * DAY), company, symbol);
    }
    const behind = next() < 0.01 ? 5 * HOUR : 20 * MINUTE;
    const at = T0 + Math.floor((n / articles) * 4 * DAY) - Math.floor(next() * behind);
    const [company, symbol] = pick(COMPANIES);
    const chance = next();
    const ts = new Date(at).toISOString();
    const id = `n${n}`;
    const old = rows[rows.length - 1 - Math.floor(next() * 40)];
    if (chance < 0.04 && old !== undefined) add(old);
    else if (chance < 0.1 && old !== undefined) add({ ...old, ts, id });
    else if (chance < 0.16 && old !== undefined) add({ ...old, ts, id, title: old.title.replace('unit ', 'division ') });
    else if (chance < 0.17) lines.push(JSON.stringify({ ts, id }), `{"ts": "${ts}", "title": "cut of`);
    else add({ ts, id, ticker: symbol, title: title(company, pick([...GOOD, ...PLAIN, ...PLAIN, ...BAD])) });
  }
  await burst('burst', T0 + 4 * DAY, 'Boeing', 'BA');
  add({ ts: new Date(T0 + 4 * DAY + 8 * HOUR).toISOString(), id: 'last', title: title('Apple', pick(PLAIN)) });
  await writeFile(file, `${lines.join('\n')}\n`);
}

/** The stub's scores mean nothing, but a burst is to be one whichever model reads it. */
async function isBadForStub(text: string, entity: string): Promise<boolean> {
  const scores = await STUB.classify([{ text }, { text, entity }]);
  return scores.every(({ sentiment }) => sentimentLabel(sentiment) === 'negative');
}
