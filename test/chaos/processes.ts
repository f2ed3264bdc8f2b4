import { setTimeout as sleep } from 'node:timers/promises';
import { type Life, start } from '../e2e/barograph.ts';

/** A part of the set-up that runs as a process of its own. */
interface Role {
  readonly name: string;
  readonly args: readonly string[];
  life: Life;
  stopped: boolean;
}

const LIFE_MS = 3_600_000;
/** A process that is no older may still be loading, and would die of SIGTERM as any program does. */
const LOADING_MS = 10_000;

/** The processes of a set-up: each is started again when it was killed, and all are gone after `end`. */
export class Processes {
  readonly #cwd: string;
  readonly #roles: Role[] = [];
  #lastBegun = 0;
  /** Lives that ended by themselves: none should. */
  readonly surprises: string[] = [];

  constructor(cwd: string) {
    this.#cwd = cwd;
  }

  get count(): number {
    return this.#roles.length;
  }

  add(name: string, args: readonly string[]): void {
    this.#roles.push({ name, args, life: this.#begin(name, args), stopped: false });
  }

  /** Kills a process and starts it again. */
  async kill(index: number): Promise<string> {
    const role = this.#role(index);
    if (role.stopped) this.resume(index);
    role.life.child.kill('SIGKILL');
    await role.life.ended;
    role.life = this.#begin(role.name, role.args);
    return role.name;
  }

  /** Holds a process; it does not know. */
  pause(index: number): string {
    const role = this.#role(index);
    role.life.child.kill('SIGSTOP');
    role.stopped = true;
    return role.name;
  }

  resume(index: number): void {
    const role = this.#role(index);
    role.life.child.kill('SIGCONT');
    role.stopped = false;
  }

  isPaused(index: number): boolean {
    return this.#role(index).stopped;
  }

  /** Ends all as an operator would; gives what those say that did not end well. */
  async end(): Promise<readonly string[]> {
    for (const [index] of this.#roles.entries()) this.resume(index);
    await sleep(Math.max(0, this.#lastBegun + LOADING_MS - performance.now()));
    for (const { life } of this.#roles) life.child.kill('SIGTERM');
    const outcomes = await Promise.all(this.#roles.map(async ({ name, life }) => ({ name, ...(await life.ended) })));
    return outcomes.flatMap(({ name, code, signal, stderr }) =>
      code === 0 ? [] : [`${name} ended with ${code ?? signal}: ${stderr.slice(-2000)}`],
    );
  }

  /** For a run that failed: nothing may stay. */
  destroy(): void {
    for (const { life } of this.#roles) life.child.kill('SIGKILL');
  }

  #role(index: number): Role {
    return this.#roles[index % this.#roles.length] as Role;
  }

  #begin(name: string, args: readonly string[]): Life {
    this.#lastBegun = performance.now();
    const life = start(args, { cwd: this.#cwd, timeoutMs: LIFE_MS });
    life.ended
      .then(({ code, signal, stderr }) => {
        if (code !== 0 && signal === null) this.surprises.push(`${name} ended by itself with ${code}: ${stderr.slice(-2000)}`);
      })
      .catch((error: unknown) => this.surprises.push(`${name}: ${String(error)}`));
    return life;
  }
}
