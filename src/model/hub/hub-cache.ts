import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { BarographError } from '../../domain/errors.ts';
import { folderNameOf, isCommit, repositoryOf } from './repository.ts';

/*
 *     <cache>/hub/owner--name/refs.json        what branches and tags meant when they were last pulled
 *                             <commit>/        a whole checkpoint with its record; put there by one rename
 *                             <commit>.partial/    what a pull has fetched so far
 *                             <commit>.lock
 *     <cache>/imported/name/                   likewise whole
 */

export const hubFolder = (cache: string): string => join(cache, 'hub');
export const importedFolder = (cache: string): string => join(cache, 'imported');
export const repositoryFolder = (cache: string, repository: string): string => join(hubFolder(cache), folderNameOf(repository));

const REFS = 'refs.json';
const refsSchema = z.record(z.string(), z.string().refine(isCommit));

/** Commits by the branch or tag that they were pulled as. A file that cannot be read is one that knows nothing: a pull mends it. */
export function readRefs(folder: string): ReadonlyMap<string, string> {
  try {
    return new Map(Object.entries(refsSchema.parse(JSON.parse(readFileSync(join(folder, REFS), 'utf8')))));
  } catch {
    return new Map();
  }
}

/** Remembers what a branch or tag means, by one rename. Throws E_OUTPUT_FAILED. */
export function writeRef(folder: string, revision: string, commit: string): void {
  const refs = Object.fromEntries([...readRefs(folder), [revision, commit]]);
  const fresh = join(folder, `${REFS}.${process.pid}`);
  try {
    writeFileSync(fresh, `${JSON.stringify(refs, null, 2)}\n`);
    renameSync(fresh, join(folder, REFS));
  } catch (cause) {
    throw new BarographError('E_OUTPUT_FAILED', `${join(folder, REFS)} cannot be written.`, { cause });
  }
}

/** The commits of a repository that are there whole. */
export const commitsIn = (folder: string): readonly string[] => namesIn(folder).filter(isCommit);

/** The repositories of which something was pulled. */
export function repositoriesIn(cache: string): readonly string[] {
  return namesIn(hubFolder(cache)).flatMap((name) => repositoryOf(name) ?? []);
}

/** The commit that a revision means in the cache: a branch or tag, or the beginning of a commit if there is one only. */
export function commitOf(folder: string, revision: string): string | undefined {
  const commits = commitsIn(folder);
  const ref = readRefs(folder).get(revision);
  if (ref !== undefined) return commits.find((commit) => commit === ref);
  const begins = /^[0-9a-f]{7,40}$/.test(revision) ? commits.filter((commit) => commit.startsWith(revision)) : [];
  return begins.length === 1 ? begins[0] : undefined;
}

/** Names of visible folders, sorted; none when the folder is not there. */
export function namesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return entries
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('.'))
    .sort();
}
