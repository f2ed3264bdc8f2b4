import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BarographError } from '../../domain/errors.ts';

/**
 * Writes a folder whole or not at all: beside its place, synced, then renamed. An existing one is replaced only when `replace` is
 * set; it is moved aside first, since a folder that holds files cannot be renamed over. Throws E_OUTPUT_FAILED; what was there stays.
 */
export function writeWholeFolder(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
  options: { readonly replace?: boolean } = {},
): void {
  if (existsSync(folder) && options.replace !== true)
    throw new BarographError('E_OUTPUT_FAILED', `${folder} exists already, and is not replaced.`);
  const beside = (role: string): string => join(dirname(folder), `.${basename(folder)}.${role}-${process.pid}`);
  const [fresh, old] = [beside('new'), beside('old')];
  try {
    mkdirSync(fresh, { recursive: true });
    for (const [name, bytes] of files) writeSynced(join(fresh, name), bytes);
    if (existsSync(folder)) renameSync(folder, old);
    renameSync(fresh, folder);
  } catch (cause) {
    if (existsSync(old) && !existsSync(folder)) renameSync(old, folder);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BarographError('E_OUTPUT_FAILED', `${folder} cannot be written (${reason}); what was there is kept.`, { cause });
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}

function writeSynced(path: string, bytes: Uint8Array): void {
  const fd = openSync(path, 'wx');
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
