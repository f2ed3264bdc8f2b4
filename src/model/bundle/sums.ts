import { createHash } from 'node:crypto';
import { BarographError } from '../../domain/errors.ts';

/** Name of the file that lists every other file of a bundle, in the format of sha256sum. */
export const SUMS = 'SHA256SUMS';

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The text of SHA256SUMS for these files, by name. */
export function formatSums(files: ReadonlyMap<string, Uint8Array>): string {
  return [...files.keys()]
    .sort()
    .map((name) => `${sha256(files.get(name) ?? '')}  ${name}\n`)
    .join('');
}

/** Sums by file name. Throws E_BUNDLE_ALTERED when a line is not of the format, or a name leads out of the folder. */
export function parseSums(text: string, path: string): ReadonlyMap<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, sum, name] = /^([0-9a-f]{64}) {2}([A-Za-z0-9_-][A-Za-z0-9._-]*)$/.exec(line) ?? [];
    if (sum === undefined || name === undefined) {
      throw new BarographError('E_BUNDLE_ALTERED', `${path} was altered: ${JSON.stringify(line.slice(0, 80))} is no line of it`, {
        facts: { path },
      });
    }
    sums.set(name, sum);
  }
  return sums;
}
