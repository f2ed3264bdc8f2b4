import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BarographError } from '../../domain/errors.ts';

/** A file's bytes, in pieces that are written one after the other. */
export type Pieces = readonly Uint8Array[];

/**
 * Writes a folder whole or not at all: beside its place, synced, then renamed. An existing one is replaced only when `replace` is
 * set; it is moved aside first, since a folder that holds files cannot be renamed over. Throws E_OUTPUT_FAILED; what was there stays.
 */
export function writeWholeFolder(
  folder: string,
  files: ReadonlyMap<string, Uint8Array | Pieces>,
  options: { readonly replace?: boolean } = {},
): void {
  if (existsSync(folder) && options.replace !== true)
    throw new BarographError('E_OUTPUT_FAILED', `${folder} exists already, and is not replaced.`);
  const fresh = beside(folder, 'new');
  try {
    mkdirSync(fresh, { recursive: true });
    for (const [name, of] of files) writeSynced(join(fresh, name), of instanceof Uint8Array ? [of] : of);
    moveIntoPlace(fresh, folder);
  } catch (cause) {
    throw cause instanceof BarographError ? cause : failed(folder, cause);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Where a folder is made before it goes to its place: beside it, so that a rename is enough, and hidden. */
export function beside(folder: string, role: 'new' | 'old'): string {
  return join(dirname(folder), `.${basename(folder)}.${role}-${process.pid}`);
}

/** Gives a finished folder its place; what is there is replaced, and stays when that fails. Throws E_OUTPUT_FAILED. */
export function moveIntoPlace(fresh: string, folder: string): void {
  const old = beside(folder, 'old');
  try {
    if (existsSync(folder)) renameSync(folder, old);
    renameSync(fresh, folder);
  } catch (cause) {
    if (existsSync(old) && !existsSync(folder)) renameSync(old, folder);
    throw failed(folder, cause);
  } finally {
    // Kept when it could not go back: it is all that is left then.
    if (existsSync(folder)) rmSync(old, { recursive: true, force: true });
  }
}

function failed(folder: string, cause: unknown): BarographError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BarographError('E_OUTPUT_FAILED', `${folder} cannot be written (${reason}); what was there is kept.`, { cause });
}

/** The most that is written at once: a call takes less than 2 GiB. */
const MOST = 2 ** 28;

/** Writes a file that is not there yet, and returns when it lies on the disk. Throws what the file system does. */
export function writeSynced(path: string, pieces: Pieces): void {
  const fd = openSync(path, 'wx');
  try {
    for (const piece of pieces)
      for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at, Math.min(MOST, piece.length - at));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
