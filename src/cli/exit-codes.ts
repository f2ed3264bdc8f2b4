import { BarographError } from '../domain/errors.ts';

/** Documented in `barograph --help`. */
export const EXIT = {
  ok: 0,
  /** The command failed; the message on stderr says why. */
  failed: 1,
  /** The command line, the configuration or an input cannot be understood. */
  usage: 2,
  /** `verify` found a difference; `doctor` found something that does not work; `validate` found faults. */
  findings: 3,
} as const;

const USAGE_CODES = new Set(['E_USAGE', 'E_CONFIG_INVALID', 'E_CONFIG_MISSING', 'E_INPUT_MISSING', 'E_INPUT_INVALID']);

export function exitCodeOf(error: unknown): number {
  return error instanceof BarographError && USAGE_CODES.has(error.code) ? EXIT.usage : EXIT.failed;
}
