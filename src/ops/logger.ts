import { ecsFormat } from '@elastic/ecs-pino-format';
import { type Logger, pino, stdTimeFunctions } from 'pino';
import { BarographError } from '../domain/errors.ts';

export type { Logger } from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LoggerOptions {
  /** ECS JSON lines, or readable ones; by default readable on a terminal. */
  readonly format?: 'json' | 'text';
  /** Texts that are blotted out wherever they turn up. */
  readonly secrets?: readonly string[];
}

/**
 * Logs to stderr; results go to stdout, never logs. `error.code` is added to what the ECS formatter gives, since operators
 * search by it.
 */
export function createLogger(level: LogLevel, options: LoggerOptions = {}): Logger {
  const { format = process.stderr.isTTY === true ? 'text' : 'json', secrets = [] } = options;
  const masked = (line: string): string => secrets.reduce((text, secret) => text.replaceAll(secret, '***'), line);
  const write = (line: string): void => void process.stderr.write(masked(format === 'text' ? readable(line) : line));
  if (format === 'text') return pino({ level, base: null, timestamp: stdTimeFunctions.isoTime }, { write });
  return pino({ ...ecsFormat({ convertErr: true }), level }, { write });
}

/** The fields of an error for a log line. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { err: new Error(String(error)) };
  return error instanceof BarographError ? { err: error, 'error.code': error.code, facts: error.facts } : { err: error };
}

const LEVELS: Readonly<Record<number, string>> = { 10: 'trace', 20: 'debug', 30: 'info ', 40: 'warn ', 50: 'error', 60: 'fatal' };

function readable(line: string): string {
  const { level, time, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const details = Object.entries(rest)
    .filter(([key]) => key !== 'facts')
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const message = typeof err === 'object' && err !== null && 'message' in err ? ` (${String(err.message)})` : '';
  return `${String(time).slice(11, 19)} ${LEVELS[Number(level)] ?? level} ${String(msg)}${message}${details.join('')}\n`;
}
