import { readFileSync } from 'node:fs';

/** What was done by a moment, and the seconds of a core that each process had used by then. */
export interface Moment {
  readonly done: number;
  /** Milliseconds, of the clock that does not jump. */
  readonly at: number;
  readonly cpu: ReadonlyMap<string, number>;
}

/** Microseconds of a core for each thing that was done, by process. */
export function costOf(begin: Moment, end: Moment): ReadonlyMap<string, number> {
  const count = end.done - begin.done;
  return new Map([...end.cpu].map(([name, seconds]) => [name, ((seconds - (begin.cpu.get(name) ?? 0)) * 1e6) / count]));
}

export const showCost = (cost: ReadonlyMap<string, number>): string =>
  [...cost].map(([name, us]) => `${name} ${us.toFixed(0)}`).join(', ');

/** By name; Linux counts in hundredths of a second. */
export function cpuOf(pids: ReadonlyMap<string, number | undefined>): ReadonlyMap<string, number> {
  return new Map([...pids].map(([name, pid]) => [name, secondsOf(pid)]));
}

function secondsOf(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user = '0', system = '0'] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) / 100;
}
