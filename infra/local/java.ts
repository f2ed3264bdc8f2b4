import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A Java installation. */
export interface Java {
  readonly home: string;
  readonly major: number;
}

/** Where Linux distributions and macOS put them. */
const PLACES = ['/usr/lib/jvm', '/usr/java', '/opt', '/Library/Java/JavaVirtualMachines'];

/**
 * The newest Java of this machine, `JAVA_HOME` before others of its version. Throws when there is none of at least the wanted
 * version with a compiler, and says which were found.
 */
export function findJava(least: number, purpose: string, environment = process.env): Java {
  const found = homes(environment).flatMap((home) => {
    const major = versionOf(home);
    return major === undefined ? [] : [{ home, major }];
  });
  const best = found.reduce<Java | undefined>((a, b) => (a === undefined || b.major > a.major ? b : a), undefined);
  if (best !== undefined && best.major >= least) return best;
  const there = found.map(({ home, major }) => `Java ${major} in ${home}`).join(', ') || 'none';
  throw new Error(`${purpose} needs a JDK of Java ${least} or newer. Found: ${there}. Install one, or set JAVA_HOME to it.`);
}

function homes(environment: NodeJS.ProcessEnv): string[] {
  const candidates = environment.JAVA_HOME === undefined ? [] : [environment.JAVA_HOME];
  for (const place of PLACES.filter(existsSync))
    for (const name of readdirSync(place)) candidates.push(join(place, name), join(place, name, 'Contents', 'Home'));
  return candidates.filter((home) => existsSync(join(home, 'bin', 'javac')));
}

/** Undefined when it cannot be run, as one of another architecture. */
function versionOf(home: string): number | undefined {
  const { stderr, stdout } = spawnSync(join(home, 'bin', 'java'), ['-version'], { encoding: 'utf8', timeout: 20_000 });
  const [, major] = /version "(\d+)/.exec(`${stderr ?? ''}${stdout ?? ''}`) ?? [];
  return major === undefined ? undefined : Number(major);
}
