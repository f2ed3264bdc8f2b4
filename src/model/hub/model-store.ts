import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BarographError } from '../../domain/errors.ts';
import { readConfig } from '../checkpoint/checkpoint-folder.ts';
import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import { commitOf, commitsIn, importedFolder, namesIn, readRefs, repositoriesIn, repositoryFolder } from './hub-cache.ts';
import { bytesOf } from './model-record.ts';
import { DEFAULT_REVISION, isRepository } from './repository.ts';

/** A model that was pulled or imported. */
export interface StoredModel {
  readonly name: string;
  readonly kind: 'pulled' | 'imported';
  /** Commit of a pulled one. */
  readonly commit?: string;
  /** Branches and tags that it was pulled as. */
  readonly refs: readonly string[];
  readonly folder: string;
  readonly bytes: number;
  /** Without when somebody damaged it since: see `barograph models verify`. */
  readonly config?: EncoderConfig;
}

/** A name of an imported model: a folder's name, on every system. */
export const isModelName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/.test(name) && !/\.\.|\.$/.test(name);

/** The models of a cache, imported ones first, by name. Half ones, of a pull that runs or was killed, are none. */
export function listModels(cache: string): readonly StoredModel[] {
  const imported = namesIn(importedFolder(cache)).filter(isModelName);
  return [
    ...imported.map((name) => importedModel(cache, name)),
    ...repositoriesIn(cache).flatMap((name) => pulledModels(cache, name)),
  ];
}

/**
 * The folder that a user means: a folder that is there, else the name of an imported model, or `owner/name` or `owner/name@revision` of
 * a pulled one (a branch, a tag, or the beginning of a commit). Throws E_INPUT_MISSING.
 */
export function resolveModel(cache: string, text: string): StoredModel | { readonly folder: string } {
  const path = resolve(text);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return { folder: path };
  const at = text.indexOf('@');
  const [name, revision] = at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
  if (revision === undefined && isModelName(name) && existsSync(join(importedFolder(cache), name)))
    return importedModel(cache, name);
  const pulled = isRepository(name) ? pulledModels(cache, name) : [];
  if (pulled.length > 0) return pulledAt(cache, pulled, name, revision);
  throw new BarographError(
    'E_INPUT_MISSING',
    `There is no model ${JSON.stringify(text)} in ${cache}, and no such folder: see \`barograph models list\`, or pull it.`,
  );
}

function pulledAt(cache: string, models: readonly StoredModel[], name: string, revision: string | undefined): StoredModel {
  const only = models.length === 1 && revision === undefined ? models[0] : undefined;
  const commit = commitOf(repositoryFolder(cache, name), revision ?? DEFAULT_REVISION);
  const found = models.find((model) => model.commit === commit) ?? only;
  if (found !== undefined) return found;
  const there = models.map((model) => `${name}@${model.refs[0] ?? model.commit?.slice(0, 12)}`).join(', ');
  throw new BarographError('E_INPUT_MISSING', `${name}@${revision ?? DEFAULT_REVISION} is not in ${cache}; there are ${there}.`);
}

function pulledModels(cache: string, name: string): readonly StoredModel[] {
  const place = repositoryFolder(cache, name);
  const refs = [...readRefs(place)];
  return commitsIn(place).map((commit) => {
    const own = refs.filter(([, of]) => of === commit).map(([ref]) => ref);
    return { name, kind: 'pulled', commit, refs: own, ...looksOf(join(place, commit)) };
  });
}

function importedModel(cache: string, name: string): StoredModel {
  return { name, kind: 'imported', refs: [], ...looksOf(join(importedFolder(cache), name)) };
}

function looksOf(folder: string): Pick<StoredModel, 'folder' | 'bytes' | 'config'> {
  const bytes = bytesOf(folder);
  try {
    return { folder, bytes, config: readConfig(folder).config };
  } catch {
    return { folder, bytes }; // a list of models is no place to fail in: `verify` says what is wrong
  }
}
