import type { Instant } from '../domain/article.ts';

/*
 * Dates as feeds write them:
 * - RFC 822 and its kin: `Tue, 24 Nov 2026 14:05:00 EST`, two-digit years, no seconds, no weekday, hyphens, am and pm;
 * - ISO 8601: any of date, `T` or space, fraction, `Z`, `+01:00`, `+0100`, a zone's name; basic form `20261124T140500Z`;
 * - `Nov 24, 2026 2:05 PM EST`, `Tue Nov 24 14:05:00 UTC 2026`; `11/24/2026` if it can only be month/day or has am/pm;
 * - seconds or milliseconds since 1970.
 * Without a zone it is UTC. A zone's name that is not known, a day that does not exist and a year before 1990 (`1970-01-01`
 * is how software writes "no date") make a date unreadable: no date is better than a wrong one.
 */

const EARLIEST = Date.UTC(1990, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);

const MONTHS: Readonly<Record<string, number>> = {
  jan: 0,
  feb: 1,
  mar: 2,
  apr: 3,
  may: 4,
  jun: 5,
  jul: 6,
  aug: 7,
  sep: 8,
  oct: 9,
  nov: 10,
  dec: 11,
};

/** Minutes east of Greenwich. Of names with several meanings the one of English-language news: BST British, IST Indian. */
const ZONES: Readonly<Record<string, number>> = {
  '': 0,
  z: 0,
  ut: 0,
  utc: 0,
  gmt: 0,
  wet: 0,
  west: 60,
  bst: 60,
  cet: 60,
  met: 60,
  cest: 120,
  mest: 120,
  eet: 120,
  eest: 180,
  msk: 180,
  trt: 180,
  gst: 240,
  pkt: 300,
  ist: 330,
  ict: 420,
  hkt: 480,
  sgt: 480,
  awst: 480,
  jst: 540,
  kst: 540,
  acst: 570,
  acdt: 630,
  aest: 600,
  aedt: 660,
  nzst: 720,
  nzdt: 780,
  sast: 120,
  brt: -180,
  art: -180,
  nst: -210,
  ndt: -150,
  ast: -240,
  adt: -180,
  est: -300,
  edt: -240,
  et: -300,
  cst: -360,
  cdt: -300,
  mst: -420,
  mdt: -360,
  pst: -480,
  pdt: -420,
  akst: -540,
  akdt: -480,
  hst: -600,
};

const TIME = String.raw`(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?\s*(?:([ap])\.?\s?m\b\.?)?`;
const MONTH =
  '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
const DAY = '(?:(?:sun|mon|tue|wed|thu|fri|sat)[a-z]{0,6}[.,]?\\s*,?\\s*)?';
const ISO = new RegExp(String.raw`^(\d{4})[-/](\d{1,2})(?:[-/](\d{1,2}))?(?:(?:t|\s+|\s*,\s*)${TIME}\s*(.*))?$`);
const BASIC = /^(\d{4})(\d{2})(\d{2})(?:t?(\d{2})(\d{2})(\d{2})?\s*(.*))?$/;
const RFC = new RegExp(
  String.raw`^${DAY}(\d{1,2})(?:st|nd|rd|th)?[\s-]+${MONTH}[.,]?[\s-]+(\d{4}|\d{2})(?:[\s,]+(?:at\s+)?${TIME}\s*(.*))?$`,
);
const AMERICAN = new RegExp(
  String.raw`^${DAY}${MONTH}\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?:[\s,]+(?:at\s+)?${TIME}\s*(.*))?$`,
);
const CTIME = new RegExp(String.raw`^${DAY}${MONTH}\s+(\d{1,2})\s+${TIME}\s*([a-z+:\d-]*?)\s+(\d{4})$`);
const SLASHES = new RegExp(String.raw`^(\d{1,2})/(\d{1,2})/(\d{4})(?:[\s,]+${TIME}\s*(.*))?$`);

/** The instant that a date of a feed or a file means, or `undefined` when it cannot be read for certain. */
export function parseDate(text: string): Instant | undefined {
  // Nothing that long is a date; and the patterns below stay cheap.
  if (text.length > 100) return undefined;
  const date = text
    .replace(/["'“”\s]+/g, ' ')
    .trim()
    .toLowerCase();
  const at = /^\d{9,13}(?:\.\d+)?$/.test(date) ? epoch(date) : written(date);
  return at !== undefined && at >= EARLIEST && at < LATEST ? at : undefined;
}

function epoch(digits: string): Instant {
  const value = Number(digits);
  return Math.round(value < 1e11 ? value * 1000 : value);
}

function written(date: string): Instant | undefined {
  let m = ISO.exec(date);
  if (m !== null) return instant(m[1], Number(m[2]) - 1, m[3] ?? '1', m.slice(4, 9), m[9]);
  m = RFC.exec(date);
  if (m !== null) return instant(m[3], MONTHS[m[2]?.slice(0, 3) ?? ''], m[1], m.slice(4, 9), m[9]);
  m = AMERICAN.exec(date);
  if (m !== null) return instant(m[3], MONTHS[m[1]?.slice(0, 3) ?? ''], m[2], m.slice(4, 9), m[9]);
  m = CTIME.exec(date);
  if (m !== null) return instant(m[9], MONTHS[m[1]?.slice(0, 3) ?? ''], m[2], m.slice(3, 8), m[8]);
  m = BASIC.exec(date);
  if (m !== null) return instant(m[1], Number(m[2]) - 1, m[3], m.slice(4, 7), m[7]);
  m = SLASHES.exec(date);
  if (m === null || (Number(m[2]) <= 12 && m[8] === undefined)) return undefined;
  return instant(m[3], Number(m[1]) - 1, m[2], m.slice(4, 9), m[9]);
}

type Group = string | undefined;

/** `time` is hour, minute, second, fraction, `a` or `p`, as far as given. */
function instant(
  yearText: Group,
  month: number | undefined,
  dayText: Group,
  time: readonly Group[],
  zone: Group,
): Instant | undefined {
  const [hourText = '0', minuteText = '0', secondText = '0', fraction = '', half] = time;
  const year = fullYear(yearText ?? '');
  const day = Number(dayText);
  const minute = Number(minuteText);
  const second = Math.min(Number(secondText), 59); // a leap second
  const hour = hourOf(Number(hourText), half);
  const offset = zoneMinutes(zone ?? '');
  if (month === undefined || hour === undefined || offset === undefined || minute > 59 || Number(secondText) > 60)
    return undefined;
  const at = Date.UTC(year, month, day, hour, minute, second, Math.floor(Number(`0.${fraction || '0'}`) * 1000));
  const same = new Date(Date.UTC(year, month, day));
  return same.getUTCMonth() === month && same.getUTCDate() === day ? at - offset * 60_000 : undefined;
}

function fullYear(text: string): number {
  const year = Number(text);
  return text.length > 2 ? year : year + (year < 70 ? 2000 : 1900);
}

function hourOf(hour: number, half: Group): number | undefined {
  if (half === undefined) return hour <= 23 ? hour : undefined;
  return hour >= 1 && hour <= 12 ? (hour % 12) + (half === 'p' ? 12 : 0) : undefined;
}

/** `+0100`, `-05:00`, `+1`, `est`, `gmt+2`, `+0000 (utc)`, `-0500 est`: the number counts. */
function zoneMinutes(text: string): number | undefined {
  const zone = text.replace(/\(.*\)$/, '').trim();
  const offset = /^(?:gmt|utc|z)?\s*([-+−–])\s*(\d{1,2})(?::?(\d{2}))?(?:\s+[a-z]{1,5})?$/.exec(zone);
  if (offset === null) return Object.hasOwn(ZONES, zone) ? ZONES[zone] : undefined;
  const [, sign, hours = '0', minutes = '0'] = offset;
  if (Number(hours) > 14 || Number(minutes) > 59) return undefined;
  return (sign === '+' ? 1 : -1) * (Number(hours) * 60 + Number(minutes));
}
