import { InvalidArgumentError } from 'commander';
import { systemClock } from '../domain/clock.ts';
import { isBundleName } from '../model/bundle/bundle-config.ts';

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30s`, `5m`, `6h`, `7d` in milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  const ms = Number(match?.[1]) * (UNITS_MS[match?.[2] ?? ''] ?? Number.NaN);
  if (!(ms > 0)) throw new InvalidArgumentError('Expected a duration such as 30s, 5m, 6h or 7d.');
  return ms;
}

/** An ISO 8601 instant, or a duration before now, in milliseconds since the epoch. */
export function parseInstant(text: string): number {
  if (/^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text)) return systemClock.now() - parseDuration(text);
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError('Expected an instant in ISO 8601, or a duration before now such as 7d.');
  return at;
}

/** `max`, or how many times faster than the articles' own clock. */
export function parseSpeed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const speed = Number(text);
  if (!(speed > 0)) throw new InvalidArgumentError('Expected max, or a number above 0 such as 60.');
  return speed;
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('Expected a port from 0 to 65535.');
  return port;
}

export function parseShare(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value < 1)) throw new InvalidArgumentError('Expected a share from 0 to below 1, such as 0.1.');
  return value;
}

export function parseWholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('Expected a whole number.');
  return value;
}

export function parseBundleName(text: string): string {
  if (!isBundleName(text)) throw new InvalidArgumentError('Expected small letters, digits, dots and hyphens, 64 at most.');
  return text;
}

/** A whole number from 1. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number from 1.');
  return value;
}

/** A number from 0. */
export function parseNumber(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && Number.isFinite(value)) || text.trim() === '') throw new InvalidArgumentError('Expected a number from 0.');
  return value;
}

export function parsePositive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
}
