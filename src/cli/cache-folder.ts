import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { Command } from 'commander';

/** What every command on models takes. */
export interface StoreOptions {
  readonly cache?: string;
  readonly json?: true;
}

export function withStoreOptions(command: Command): Command {
  return command
    .option('--cache <dir>', 'folder of the models (default: $BAROGRAPH_CACHE, else barograph in $XDG_CACHE_HOME or ~/.cache)')
    .option('--json', 'print as JSON');
}

/** The folder of the models. By the XDG specification a relative path in the environment counts as none. */
export function cacheFolder({ cache }: StoreOptions): string {
  const own = cache ?? process.env.BAROGRAPH_CACHE;
  if (own !== undefined && own !== '') return resolve(own);
  const shared = process.env.XDG_CACHE_HOME ?? '';
  return join(isAbsolute(shared) ? shared : join(homedir(), '.cache'), 'barograph');
}
