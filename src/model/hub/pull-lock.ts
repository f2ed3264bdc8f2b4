import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { BarographError } from '../../domain/errors.ts';

/**
 * Does some work while no other process does work under the same file. A lock whose process is gone is taken over; one of another
 * machine is believed. Rejects with E_OUTPUT_FAILED when it is held.
 */
export async function withLock<T>(path: string, what: string, work: () => Promise<T>): Promise<T> {
  acquire(path, what);
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function acquire(path: string, what: string): void {
  const own = `${process.pid}@${hostname()}`;
  for (let attempt = 1; ; attempt++) {
    try {
      writeFileSync(path, own, { flag: 'wx' });
      return;
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'))
        throw new BarographError('E_OUTPUT_FAILED', `${path} cannot be written.`, { cause });
      const holder = readHolder(path);
      if (attempt > 3 || !isGone(holder)) {
        const message = `${what} is being pulled by another process (${holder}). Wait for it; if there is none, remove ${path}.`;
        throw new BarographError('E_OUTPUT_FAILED', message, { facts: { path, holder } });
      }
      rmSync(path, { force: true });
    }
  }
}

function readHolder(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(0, 300);
  } catch {
    return `${process.pid}@${hostname()}`; // it went away between two looks: as if it were our own
  }
}

/** Whether a holder can be working no more. This process holds no lock yet when it asks: its number is then that of a former one. */
function isGone(holder: string): boolean {
  const [, pid, host] = /^(\d{1,10})@(.+)$/s.exec(holder) ?? [];
  if (pid === undefined || host !== hostname()) return false;
  if (Number(pid) === process.pid) return true;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
