import { BarographError } from '../../domain/errors.ts';
import { CHECKPOINT } from '../checkpoint/checkpoint-folder.ts';

/** A file of a repository as the hub lists it. */
export interface HubFile {
  /** Path in the repository; checked to be a path within it. */
  readonly name: string;
  readonly size: number;
  /** What its bytes must sum up to: SHA-256 for what is kept in LFS, else git's id of the blob (SHA-1 with a header). */
  readonly sum: { readonly kind: 'sha256' | 'git'; readonly hex: string };
}

/** Files of a checkpoint besides its weights; they stand in the folder's root. */
const DESCRIBING: ReadonlySet<string> = new Set([
  CHECKPOINT.config,
  CHECKPOINT.tokenizer,
  CHECKPOINT.tokenizerConfig,
  'special_tokens_map.json',
  'vocab.json',
  'merges.txt',
  'vocab.txt',
  'README.md',
]);
const LICENCE = /^LICENSE[A-Za-z0-9._-]*$/;
const PICKLED = /\.(?:bin|pt|pth|ckpt|pkl|pickle)$/;

/** Name of a download that is not whole yet. */
export const INCOMPLETE = '.incomplete';

/** Far above any vocabulary; what is larger and no weights is not worth its download. */
const DESCRIBING_LIMIT = 256 * 2 ** 20;

/** Whether a file describes a model: configuration, vocabulary, card, licence. */
export function isDescribing(name: string): boolean {
  return DESCRIBING.has(name) || (LICENCE.test(name) && !name.endsWith(INCOMPLETE));
}

/**
 * What is fetched of a repository, but for the files that an index of weights names: the configuration first, the weights (or their
 * index) last. Throws E_HUB_REFUSED when it could not be read afterwards, pickled weights above all.
 */
export function filesToFetch(repository: string, files: readonly HubFile[]): readonly HubFile[] {
  const refuse = (why: string): BarographError =>
    new BarographError('E_HUB_REFUSED', `${repository} cannot be used: ${why}.`, { facts: { repository } });
  const find = (name: string): HubFile | undefined => files.find((file) => file.name === name);
  const weights = find(CHECKPOINT.weights) ?? find(CHECKPOINT.index);
  if (weights === undefined) {
    const pickled = files.find(({ name }) => PICKLED.test(name));
    throw refuse(
      pickled === undefined
        ? `it has no ${CHECKPOINT.weights}`
        : `its weights are pickled only (${pickled.name}), and reading such a file can run any program. Look for a revision, or ` +
            'a copy of the model, with safetensors',
    );
  }
  const config = find(CHECKPOINT.config);
  if (config === undefined) throw refuse(`it has no ${CHECKPOINT.config}`);
  if (find(CHECKPOINT.tokenizer) === undefined)
    throw refuse(`it has no ${CHECKPOINT.tokenizer}, the one format of vocabularies that is read`);
  const describing = files.filter(({ name }) => isDescribing(name) && name !== CHECKPOINT.config);
  for (const { name, size } of [config, ...describing, weights])
    if (size > DESCRIBING_LIMIT && name !== CHECKPOINT.weights)
      throw refuse(`${name} has ${size} bytes, which is no size for such a file`);
  return [config, ...describing, weights];
}
