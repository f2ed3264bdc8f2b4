import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';

export interface Figure {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

export function figureOf(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), lowest: at(0), highest: at(1) };
}

/** `median (lowest to highest) unit`. */
export function show({ median, lowest, highest }: Figure, unit: string, digits = 0): string {
  return `${median.toFixed(digits)} (${lowest.toFixed(digits)} to ${highest.toFixed(digits)}) ${unit}`;
}

/** What the figures were taken on. */
export function machine(): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  return `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}, commit ${commit}`;
}
