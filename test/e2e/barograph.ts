import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/barograph.js', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Life {
  readonly child: ChildProcess;
  /** Resolves when the process is gone and its output is read. */
  readonly ended: Promise<Outcome>;
}

export interface StartOptions {
  readonly cwd: string;
  readonly timeoutMs?: number;
  /** Variables of the environment beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** A file that takes the results instead of the outcome. */
  readonly stdoutTo?: string;
}

/** Starts the command line as a process of its own, in `cwd`; it ends after `timeoutMs` at the latest. */
export function start(args: readonly string[], options: StartOptions): Life {
  const stdout = options.stdoutTo === undefined ? 'pipe' : openSync(options.stdoutTo, 'w');
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', stdout, 'pipe'],
    timeout: options.timeoutMs ?? 120_000,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<Outcome>((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  if (typeof stdout === 'number') closeSync(stdout); // the child has its own
  return { child, ended };
}

/** Runs the command line to its end. */
export function barograph(args: readonly string[], options: StartOptions): Promise<Outcome> {
  return start(args, options).ended;
}

/** Runs commands by `run` and checks how they end. */
export function outcomesOf(run: (...args: readonly string[]) => Promise<Outcome>) {
  return {
    /** Runs a command that must succeed, and gives its JSON. */
    json: async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await run(...args, '--json');
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    },
    /** Runs a command that must fail with an exit code and a message, and must print no result. */
    fails: async (code: number, message: RegExp, ...args: readonly string[]): Promise<void> => {
      const outcome = await run(...args);
      assert.match(outcome.stderr, message);
      assert.deepEqual([outcome.code, outcome.stdout], [code, '']);
    },
  };
}

/** The address of the dashboard, once a process that was started with `run` has printed it. */
export async function dashboardOf({ child, ended }: Life): Promise<string> {
  const printed = new Promise<string>((resolve) => {
    let text = '';
    child.stdout?.on('data', (more: string) => {
      text += more;
      const url = /http:\/\/\S+(?=\s)/.exec(text)?.[0];
      if (url !== undefined) resolve(url);
    });
  });
  return Promise.race([
    printed,
    ended.then(({ stderr }) => Promise.reject(new Error(`it ended before it said where its dashboard is: ${stderr}`))),
  ]);
}

/** Ends a process as an operator would. */
export async function terminate({ child, ended }: Life): Promise<Outcome> {
  child.kill('SIGTERM');
  return ended;
}
