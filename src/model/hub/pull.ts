import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BarographError } from '../../domain/errors.ts';
import { CHECKPOINT, readCheckpoint, readConfig, readIndex } from '../checkpoint/checkpoint-folder.ts';
import { moveIntoPlace } from '../checkpoint/whole-folder.ts';
import { downloadFile } from './download.ts';
import { commitOf, repositoryFolder, writeRef } from './hub-cache.ts';
import type { HubConnection } from './hub-connection.ts';
import { type Listing, readListing } from './listing.ts';
import { filesToFetch, type HubFile } from './model-files.ts';
import { type ModelRecord, writeRecord } from './model-record.ts';
import { withLock } from './pull-lock.ts';
import { isCommit, type RepositoryRevision } from './repository.ts';
import { TRIES } from './try-again.ts';

export interface PullOptions extends RepositoryRevision {
  readonly cache: string;
  readonly hub: HubConnection;
  /** Called often. */
  readonly onProgress?: (file: string, bytes: number, ofBytes: number) => void;
}

export interface Pulled {
  readonly folder: string;
  readonly commit: string;
  /** `fetched` now; `cached`: it was there; `offline`: it was there, and the hub could not say whether there is something newer. */
  readonly how: 'fetched' | 'cached' | 'offline';
  /** Why the hub could not be asked. */
  readonly offline?: BarographError;
}

/**
 * Brings a model into the cache and gives its folder, in which everything was checked: sizes and sums of all files, then the checkpoint
 * as a whole. It is there whole or not at all. What a pull that was killed or lost its connection had fetched is gone on with; what is
 * corrupt or of no use is removed. Rejects with E_HUB_UNREACHABLE, E_HUB_REFUSED, E_DOWNLOAD_CORRUPT, E_CHECKPOINT_INVALID,
 * E_OUTPUT_FAILED or the signal's reason.
 */
export async function pullModel(options: PullOptions, signal: AbortSignal): Promise<Pulled> {
  const { cache, hub, repository, revision } = options;
  const place = repositoryFolder(cache, repository);
  const known = commitOf(place, revision);
  if (known !== undefined && known === revision) return { folder: join(place, known), commit: known, how: 'cached' };
  let listing: Listing;
  try {
    // With an answer at hand nobody waits long for a better one.
    listing = await readListing(hub, options, known === undefined ? TRIES : 1, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (known === undefined || !(error instanceof BarographError) || error.code !== 'E_HUB_UNREACHABLE') throw error;
    return { folder: join(place, known), commit: known, how: 'offline', offline: error };
  }
  const { commit } = listing;
  const folder = join(place, commit);
  const isThere = existsSync(folder);
  if (!isThere) await fetchWhole(options, listing, place, signal);
  if (!isCommit(revision)) writeRef(place, revision, commit);
  return { folder, commit, how: isThere ? 'cached' : 'fetched' };
}

/** What no other pull could go on with. A hub that refuses may think better of it: a token had expired, for instance. */
const USELESS: ReadonlySet<string> = new Set(['E_DOWNLOAD_CORRUPT', 'E_CHECKPOINT_INVALID']);

async function fetchWhole(options: PullOptions, listing: Listing, place: string, signal: AbortSignal): Promise<void> {
  const folder = join(place, listing.commit);
  const partial = `${folder}.partial`;
  const files = filesToFetch(options.repository, listing.files);
  await makeFolder(place);
  try {
    await withLock(`${folder}.lock`, `${options.repository}@${listing.commit}`, async () => {
      if (existsSync(folder)) return; // by the process that held the lock before
      await makeFolder(partial);
      try {
        const record = await fetchFiles(options, listing, files, partial, signal);
        asUseless(options.repository, () => readCheckpoint(partial));
        writeRecord(partial, record);
        moveIntoPlace(partial, folder);
      } catch (error) {
        if (error instanceof BarographError && USELESS.has(error.code)) await rm(partial, { recursive: true, force: true });
        removeIfEmpty(partial);
        throw error;
      }
    });
  } finally {
    removeIfEmpty(place);
  }
}

/** The configuration first: nobody fetches gigabytes of an architecture that is not known here. Weights in several files last. */
async function fetchFiles(
  options: PullOptions,
  listing: Listing,
  files: readonly HubFile[],
  folder: string,
  signal: AbortSignal,
): Promise<ModelRecord> {
  const sums: ModelRecord['files'] = {};
  let done = 0;
  let total = files.reduce((sum, { size }) => sum + size, 0);
  const fetch = async (file: HubFile): Promise<void> => {
    const { repository, hub, onProgress } = options;
    const path = `/${repository}/resolve/${listing.commit}/${encodeURIComponent(file.name)}`;
    const onBytes = (bytes: number): void => onProgress?.(file.name, done + bytes, total);
    const subject = `${file.name} of ${repository}`;
    sums[file.name] = { bytes: file.size, sha256: await downloadFile(hub, { file, path, folder, subject, onBytes }, signal) };
    done += file.size;
  };
  for (const file of files) {
    await fetch(file);
    if (file.name === CHECKPOINT.config) asUseless(options.repository, () => readConfig(folder));
  }
  if (sums[CHECKPOINT.index] !== undefined) {
    const shards = shardsOf(options.repository, listing, folder);
    total += shards.reduce((sum, { size }) => sum + size, 0);
    for (const shard of shards) await fetch(shard);
  }
  removeOthers(folder, sums);
  return { from: options.hub.endpoint, files: sums };
}

function shardsOf(repository: string, { files }: Listing, folder: string): readonly HubFile[] {
  const names = asUseless(repository, () => new Set(Object.values(readIndex(folder))));
  return [...names].sort().map((name) => {
    const file = files.find((each) => each.name === name);
    if (file !== undefined && name.endsWith('.safetensors')) return file;
    const message = `${repository} cannot be used: its index of weights names ${name}, which it does not have as safetensors.`;
    throw new BarographError('E_CHECKPOINT_INVALID', message, { facts: { repository } });
  });
}

/** The cause names a file that is removed afterwards: what it is about is said first. */
function asUseless<T>(repository: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new BarographError('E_CHECKPOINT_INVALID', `${repository} is no model that can be read here; nothing of it is kept.`, {
      cause,
    });
  }
}

/** A pull of long ago may have left files that are fetched no more. */
function removeOthers(folder: string, wanted: Readonly<Record<string, unknown>>): void {
  for (const name of readdirSync(folder))
    if (!Object.hasOwn(wanted, name)) rmSync(join(folder, name), { recursive: true, force: true });
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new BarographError('E_OUTPUT_FAILED', `${folder} cannot be made: choose another folder with --cache.`, { cause });
  });
}

function removeIfEmpty(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
}
