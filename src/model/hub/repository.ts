import { BarographError } from '../../domain/errors.ts';

/** A model on the hub, at a branch, a tag or a commit. */
export interface RepositoryRevision {
  /** `owner/name`, or `name` alone for the oldest models. */
  readonly repository: string;
  readonly revision: string;
}

export const DEFAULT_REVISION = 'main';

// The hub's own rules (huggingface_hub 1.x, utils/_validators.py): word characters at both ends, no `--` and no `..`, 96 at most.
const PART = /^\w(?:[\w.-]*\w)?$/;
const REVISION = /^[^\s\p{Cc}]{1,255}$/u;

/** Whether a text can be the name of a repository. */
export function isRepository(text: string): boolean {
  const parts = text.split('/');
  return (
    parts.length <= 2 &&
    text.length <= 96 &&
    parts.every((part) => PART.test(part)) &&
    !/--|\.\./.test(text) &&
    !text.endsWith('.git')
  );
}

/** Reads `owner/name` or `owner/name@revision`. Throws E_USAGE. */
export function parseRepository(text: string): RepositoryRevision {
  const at = text.indexOf('@');
  const repository = at === -1 ? text : text.slice(0, at);
  const revision = at === -1 ? DEFAULT_REVISION : text.slice(at + 1);
  if (!isRepository(repository))
    throw new BarographError('E_USAGE', `${JSON.stringify(repository)} is no model of a hub: give it as owner/name.`);
  if (!REVISION.test(revision))
    throw new BarographError(
      'E_USAGE',
      `${JSON.stringify(revision)} is no revision: give a branch, a tag or a commit after the @.`,
    );
  return { repository, revision };
}

/** Whether a revision is the full id of a commit, which never comes to mean another one. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

/** The name of a repository's folder in the cache. Names hold no `--`, so there is one way back. */
export const folderNameOf = (repository: string): string => repository.replace('/', '--');

/** The repository of a folder in the cache; undefined when it is no such folder. */
export function repositoryOf(folderName: string): string | undefined {
  const repository = folderName.replace('--', '/');
  return isRepository(repository) ? repository : undefined;
}
