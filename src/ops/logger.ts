import { ecsFormat } from '@elastic/ecs-pino-format';
import { destination, type Logger, pino, stdTimeFunctions } from 'pino';
import { BarographError } from '../domain/errors.ts';

export type { Logger } from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/**
 * Logs as ECS JSON lines on stderr, or as readable lines when stderr is a terminal. Results go to stdout, never logs.
 * `error.code` is added to what the ECS formatter gives, since operators search by it.
 */
export function createLogger(level: LogLevel, format: 'json' | 'text' = process.stderr.isTTY === true ? 'text' : 'json'): Logger {
  if (format === 'text')
    return pino(
      { level, base: null, timestamp: stdTimeFunctions.isoTime },
      { write: (line) => void process.stderr.write(readable(line)) },
    );
  return pino(
    {
      ...ecsFormat({ convertErr: true }),
      level,
      redact: { paths: ['*.authorization', '*.webhookUrl', '*.secret', '*.token'], censor: '***' },
    },
    destination({ dest: 2, sync: true }),
  );
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
