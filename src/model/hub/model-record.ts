import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { BarographError } from '../../domain/errors.ts';
import { sha256OfFile } from './digests.ts';

/** Name of the file in a stored model that says where it is from and what its files must sum up to. */
export const RECORD = '.sums.json';

const schema = z.object({
  /** Where it was pulled or imported from: an endpoint, or the name of a folder. */
  from: z.string(),
  files: z.record(z.string(), z.object({ bytes: z.number().int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});

export type ModelRecord = z.infer<typeof schema>;

/** Throws E_OUTPUT_FAILED. */
export function writeRecord(folder: string, record: ModelRecord): void {
  try {
    writeFileSync(join(folder, RECORD), `${JSON.stringify(record, null, 2)}\n`, { flush: true });
  } catch (cause) {
    throw new BarographError('E_OUTPUT_FAILED', `${join(folder, RECORD)} cannot be written.`, { cause });
  }
}

/** Undefined when the folder has none, or what it has cannot be read: `findAltered` tells the two apart. */
export function readRecord(folder: string): ModelRecord | undefined {
  try {
    return schema.safeParse(JSON.parse(readFileSync(join(folder, RECORD), 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** The files of a model with their sizes, by name; hidden ones are ours, not the model's. */
export function filesOf(folder: string): readonly { readonly name: string; readonly bytes: number }[] {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'));
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  return files.sort().map((name) => ({ name, bytes: statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0 }));
}

/** Of all its files. */
export function bytesOf(folder: string): number {
  return filesOf(folder).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Compares every file with the sums that were recorded when it was stored; gives a sentence for each that differs, is gone or is new. */
export async function findAltered(folder: string): Promise<readonly string[]> {
  const record = readRecord(folder);
  if (record === undefined) return existsSync(join(folder, RECORD)) ? [`${RECORD} cannot be read`] : [];
  const faults: string[] = [];
  const there = new Map(filesOf(folder).map(({ name, bytes }) => [name, bytes]));
  for (const [name, { bytes, sha256 }] of Object.entries(record.files)) {
    const size = there.get(name);
    there.delete(name);
    if (size === undefined) faults.push(`${name} is missing`);
    else if (size !== bytes) faults.push(`${name} has ${size} bytes instead of ${bytes}`);
    else if ((await sha256OfFile(join(folder, name))) !== sha256) faults.push(`${name} does not match its SHA-256`);
  }
  return [...faults, ...[...there.keys()].map((name) => `${name} was added later`)];
}
