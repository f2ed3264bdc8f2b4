import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The folder with the jars, in `lib`, that a pom.xml names and what those need, fetched by Maven on the first call; `arrange` may put
 * them in order before the folder gets its name, so that what is there is whole. A changed pom, or another of the files that decide
 * what is made, makes a new folder. Throws when Maven is missing or fails.
 */
export function fetchJars(
  cache: string,
  name: string,
  [pom, ...others]: readonly [string, ...string[]],
  arrange: (folder: string) => void = () => undefined,
): string {
  const hash = createHash('sha256');
  for (const file of [pom, ...others]) hash.update(readFileSync(file));
  const folder = join(cache, `${name}-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  const args = [
    '--quiet',
    '--batch-mode',
    '--file',
    pom,
    'dependency:copy-dependencies',
    `-DoutputDirectory=${join(draft, 'lib')}`,
  ];
  const { error, status, stdout, stderr } = spawnSync('mvn', args, { encoding: 'utf8' });
  if (error !== undefined || status !== 0) {
    rmSync(draft, { recursive: true, force: true });
    const reason = error === undefined ? `${stdout}${stderr}`.trim() : error.message;
    throw new Error(`Maven could not fetch ${name}: ${reason}. Maven is needed once; what it fetched is kept in ${cache}.`);
  }
  arrange(draft);
  try {
    renameSync(draft, folder);
  } catch (reason) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(folder)) throw reason; // another process was first
  }
  return folder;
}
