import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { BarographError } from '../../domain/errors.ts';
import { FINE_TUNED_FILES } from '../bundle/fine-tuned.ts';
import { CHECKPOINT, readCheckpoint, readIndex } from '../checkpoint/checkpoint-folder.ts';
import { beside, moveIntoPlace } from '../checkpoint/whole-folder.ts';
import { sha256OfFile } from './digests.ts';
import { importedFolder } from './hub-cache.ts';
import { isDescribing } from './model-files.ts';
import { filesOf, type ModelRecord, writeRecord } from './model-record.ts';
import { isModelName } from './model-store.ts';

export interface ImportOptions {
  readonly cache: string;
  readonly folder: string;
  /** The folder's own by default. */
  readonly name?: string | undefined;
  readonly replace: boolean;
}

export interface Imported {
  readonly name: string;
  readonly folder: string;
  /** Files of the source that are no part of a model, and were not copied. */
  readonly left: readonly string[];
}

/**
 * Checks a checkpoint and copies it into the cache, whole or not at all. Rejects with E_CHECKPOINT_INVALID, E_USAGE (a name that is taken,
 * or can be none) or E_OUTPUT_FAILED; a model that was to be replaced then stays.
 */
export async function importModel({
  cache,
  folder: source,
  name = basename(resolve(source)),
  replace,
}: ImportOptions): Promise<Imported> {
  if (!isModelName(name))
    throw new BarographError(
      'E_USAGE',
      `${JSON.stringify(name)} cannot be a model's name: give --name with letters, digits, . _ and -.`,
    );
  const folder = join(importedFolder(cache), name);
  if (existsSync(folder) && !replace)
    throw new BarographError('E_USAGE', `There is an imported model ${name} already: choose another --name, or give --replace.`);
  readCheckpoint(source);
  const weights = existsSync(join(source, CHECKPOINT.weights))
    ? [CHECKPOINT.weights]
    : [CHECKPOINT.index, ...Object.values(readIndex(source))];
  // Without its own files a fine-tuned model would lose its heads.
  const isPart = (file: string): boolean => isDescribing(file) || weights.includes(file) || FINE_TUNED_FILES.has(file);
  const there = filesOf(source).map((file) => file.name);
  const fresh = beside(folder, 'new');
  try {
    await mkdir(fresh, { recursive: true });
    const files: ModelRecord['files'] = {};
    for (const { name: file, bytes } of filesOf(source).filter((each) => isPart(each.name))) {
      await copySynced(join(source, file), join(fresh, file));
      files[file] = { bytes, sha256: await sha256OfFile(join(fresh, file)) };
    }
    writeRecord(fresh, { from: basename(resolve(source)), files });
    moveIntoPlace(fresh, folder);
  } catch (cause) {
    if (cause instanceof BarographError) throw cause;
    throw new BarographError('E_OUTPUT_FAILED', `${folder} cannot be written; what was there is kept.`, { cause });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return { name, folder, left: there.filter((file) => !isPart(file)) };
}

/** Follows links: the folders of other tools' caches are made of them. */
async function copySynced(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const handle = await open(to, 'r'); // the source, hence the copy, may be read-only
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
