import { BarographError, ERRORS } from '../domain/errors.ts';

/** Where a command's result goes. Results on stdout; everything else on stderr. */
export interface Output {
  /** One value: JSON with `--json`, else the lines that `text` makes of it. */
  result<T>(value: T, text: (value: T) => string): void;
  /** A remark for the person at the terminal. */
  note(text: string): void;
}

export function createOutput(json: boolean): Output {
  return {
    result: (value, text) => void process.stdout.write(json ? `${JSON.stringify(value)}\n` : ensureNewline(text(value))),
    note: (text) => void process.stderr.write(ensureNewline(text)),
  };
}

/** The message for a person: what happened, what to do, and the causes beneath. */
export function describeError(error: unknown): string {
  if (!(error instanceof BarographError))
    return `unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < 3; cause = cause.cause) {
    if (!error.message.includes(cause.message)) causes.push(`  because: ${cause.message.split('\n')[0]}`);
  }
  return [`error: ${error.message} [${error.code}]`, ...causes, `  ${ERRORS[error.code].todo}`].join('\n');
}

/** Columns of equal width; numbers to the right. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths = rows.reduce<number[]>((all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, String(cell).length)), []);
  return rows
    .map((row) =>
      row
        .map((cell, i) => (typeof cell === 'number' ? String(cell).padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function ensureNewline(text: string): string {
  return text.endsWith('\n') || text === '' ? text : `${text}\n`;
}
