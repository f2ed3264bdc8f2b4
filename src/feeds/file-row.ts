import { BarographError } from '../domain/errors.ts';

/** One row of a file as its format gave it; `fault` says why there is no value. */
export interface FileRow {
  /** Line in the file, from 1, where the row begins. */
  readonly line: number;
  readonly value: unknown;
  readonly fault: string | undefined;
  /** As it came, for the dead-letter log. */
  payload(): string;
}

/** Of inputs of which every row was dead-lettered, the first for `reason`. */
export function noArticle(inputs: readonly string[], reason: string): BarographError {
  return new BarographError('E_INPUT_INVALID', `${inputs.join(', ')}: nothing there is an article. The first: ${reason}.`);
}

export function invalid(path: string, what: string, cause?: unknown): BarographError {
  return new BarographError('E_INPUT_INVALID', `${path} cannot be used: ${what}.`, {
    facts: { path },
    ...(cause === undefined ? {} : { cause }),
  });
}
