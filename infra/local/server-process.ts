import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server that runs in a process of its own, its output in a file. */
export interface ServerProcess {
  readonly name: string;
  readonly pid: number;
  readonly log: string;
}

/** How long servers may take until they answer, and to stop; the slowest seen on two busy cores was 40 s. */
const READY_MS = 180_000;
const STOP_MS = 30_000;
const PAUSE_MS = 100;
const LAST_LINES = 15;

/**
 * Starts a server and waits until it is ready. Rejects with the last lines of its output when it ends before, or takes too long; it is
 * stopped then. It outlives this process.
 */
export async function startServer(
  name: string,
  program: string,
  args: readonly string[],
  place: { readonly folder: string; readonly log: string },
  isReady: () => Promise<boolean>,
): Promise<ServerProcess> {
  const output = openSync(place.log, 'a');
  const child = spawn(program, args, { cwd: place.folder, detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  let ended: string | undefined;
  child.once('error', ({ message }) => {
    ended = message;
  });
  child.once('exit', (code, signal) => {
    ended = `it ended with ${signal ?? `code ${code}`}`;
  });
  const deadline = Date.now() + READY_MS;
  while (!(await isReady().catch(() => false))) {
    if (ended === undefined && Date.now() < deadline) {
      await sleep(PAUSE_MS);
      continue;
    }
    if (child.pid !== undefined) await stopProcess(child.pid);
    const lines = readFileSync(place.log, 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n');
    throw new Error(
      `${name} did not start: ${ended ?? `it did not answer within ${READY_MS / 1000} s`}. ${place.log} ends:\n${lines}`,
    );
  }
  child.unref();
  return { name, pid: child.pid as number, log: place.log };
}

/** Asks a process to end, insists when it does not, and resolves when it is gone. */
export async function stopProcess(pid: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  send(pid, signal);
  const deadline = Date.now() + STOP_MS;
  while (isRunning(pid)) {
    if (Date.now() > deadline) send(pid, 'SIGKILL');
    await sleep(20);
  }
}

/** Whether there is such a process, of a command line with `words` in it; one that has ended, unnoticed by its parent, is none. */
export function isRunning(pid: number, words = ''): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=,args=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z') && stdout.includes(words);
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
