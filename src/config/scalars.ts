import { z } from 'zod';

/*
 * The scalars of the configuration. Each takes text as well as its own YAML type, because `${VAR}` always expands to text
 * (an expansion is never read again as YAML, so it can neither add structure nor change type by surprise). A scalar that
 * cannot be read says what was expected; `faults.ts` adds what stood there and where.
 */

type Json = Readonly<Record<string, unknown>>;

function scalar<T>(expected: string, json: Json, read: (value: unknown) => T | undefined) {
  return z
    .unknown()
    .meta(json)
    .transform((value, context): T => {
      const result = read(value);
      if (result !== undefined) return result;
      context.addIssue({ code: 'custom', message: `expected ${expected}` });
      return z.NEVER;
    });
}

const DURATION_UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SIZE_UNITS = { B: 1, KB: 1000, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;

/** Milliseconds of `250ms`, `30s`, `1.5h`, `7d`; `undefined` when it is none. */
function parseDuration(text: string): number | undefined {
  return amount(text, DURATION_UNITS);
}

/** Bytes of `512KB`, `5MB`, `1GiB`; a MB is 10^6 bytes, a MiB 2^20. */
function parseSize(text: string): number | undefined {
  return amount(text, SIZE_UNITS);
}

function amount(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)\s?([A-Za-z]{1,3})$/.exec(text.trim());
  const factor = Object.hasOwn(units, match?.[2] ?? '') ? units[match?.[2] ?? ''] : undefined;
  if (match === null || factor === undefined) return undefined;
  const value = Math.round(Number(match[1]) * factor);
  return Number.isSafeInteger(value) ? value : undefined;
}

export function duration(min: string, max: string, description: string) {
  const [least, most] = [parseDuration(min) ?? 0, parseDuration(max) ?? Number.MAX_SAFE_INTEGER];
  const json = {
    type: 'string',
    pattern: '^\\d+(\\.\\d+)?\\s?(ms|s|m|h|d)$|\\$\\{',
    examples: ['30s', '5m', '6h', '7d'],
    description,
  };
  return scalar(`a duration of ${min} to ${max}, such as 30s, 5m, 6h or 7d`, json, (value) => {
    const ms = typeof value === 'string' ? parseDuration(value) : undefined;
    return ms !== undefined && ms >= least && ms <= most ? ms : undefined;
  });
}

export function size(min: string, max: string, description: string) {
  const [least, most] = [parseSize(min) ?? 0, parseSize(max) ?? Number.MAX_SAFE_INTEGER];
  const json = {
    type: 'string',
    pattern: '^\\d+(\\.\\d+)?\\s?(B|KB|MB|GB|KiB|MiB|GiB)$|\\$\\{',
    examples: ['500KB', '5MB'],
    description,
  };
  return scalar(`a size of ${min} to ${max}, such as 500KB or 5MB`, json, (value) => {
    const bytes = typeof value === 'string' ? parseSize(value) : undefined;
    return bytes !== undefined && bytes >= least && bytes <= most ? bytes : undefined;
  });
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^-?\d{1,15}(\.\d{1,15})?(e-?\d{1,2})?$/i.test(value.trim())) return undefined;
  return Number(value);
}

export function integer(min: number, max: number, description: string) {
  const json = { type: ['integer', 'string'], minimum: min, maximum: max, pattern: '^\\d+$|\\$\\{', description };
  return scalar(`a whole number of ${min} to ${max}`, json, (value) => {
    const number = numberOf(value);
    return number !== undefined && Number.isInteger(number) && number >= min && number <= max ? number : undefined;
  });
}

export function positiveNumber(max: number, description: string) {
  const json = { type: ['number', 'string'], exclusiveMinimum: 0, maximum: max, pattern: '^\\d|\\$\\{', description };
  return scalar(`a number above 0, at most ${max}`, json, (value) => {
    const number = numberOf(value);
    return number !== undefined && number > 0 && number <= max ? number : undefined;
  });
}

/** From 0 to below 1. */
export function share(description: string) {
  const json = { type: ['number', 'string'], minimum: 0, exclusiveMaximum: 1, pattern: '^\\d|\\$\\{', description };
  return scalar('a share from 0 to below 1', json, (value) => {
    const number = numberOf(value);
    return number !== undefined && number >= 0 && number < 1 ? number : undefined;
  });
}

export function boolean(description: string) {
  return scalar('true or false', { type: ['boolean', 'string'], pattern: '^(true|false)$|\\$\\{', description }, (value) => {
    if (typeof value === 'boolean') return value;
    return value === 'true' ? true : value === 'false' ? false : undefined;
  });
}

export function text(expected: string, pattern: RegExp, description: string) {
  return scalar(expected, { type: 'string', pattern: `${pattern.source}|\\$\\{`, description }, (value) =>
    typeof value === 'string' && pattern.test(value) ? value : undefined,
  );
}

/** A value that logs, `doctor` and messages may never show. */
export function secretText(expected: string, description: string) {
  return scalar(expected, { type: 'string', writeOnly: true, description }, (value) =>
    typeof value === 'string' && value !== '' ? value : undefined,
  );
}

function httpAddress(value: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '' ? url.href : undefined;
}

export function httpUrl(description: string) {
  return scalar('an http or https address', { type: 'string', pattern: '^https?://|\\$\\{', description }, httpAddress);
}

/** An address that is a credential by itself, as webhook addresses are. */
export function secretUrl(description: string) {
  const json = { type: 'string', pattern: '^https?://|\\$\\{', writeOnly: true, description };
  return scalar('an http or https address', json, httpAddress);
}
