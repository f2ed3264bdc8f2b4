import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkConfig, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { BarographError } from '../domain/errors.ts';

export const CONFIG_FILE = 'barograph.yaml';
/** The project's folder; `../..` of this file in the sources, and of its build. */
export const PROJECT_DIR = fileURLToPath(new URL('../..', import.meta.url));
export const DEFAULT_BUNDLE = resolve(PROJECT_DIR, 'models/default');
export const DEMO_DATA = resolve('.barograph/demo');

export interface Setup {
  readonly config: Config;
  /** The file that it was read from; undefined when there is none and defaults hold. */
  readonly file: string | undefined;
}

/** The configuration named by `--config`, else `barograph.yaml` of the present folder, else the defaults. */
export async function loadSetup(path: string | undefined): Promise<Setup> {
  const file = path ?? (existsSync(CONFIG_FILE) ? CONFIG_FILE : undefined);
  return { file, config: file === undefined ? defaultConfig() : await loadConfig(file, process.env) };
}

function defaultConfig(): Config {
  const { config } = checkConfig('', CONFIG_FILE, {});
  if (config === undefined) throw new BarographError('E_CONFIG_INVALID', 'The defaults have faults.');
  return config;
}

export function projectVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(resolve(PROJECT_DIR, 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown';
}
