import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDataFolder } from '../../src/cli/data-folder.ts';
import { encodeRaw } from '../../src/domain/wire.ts';
import { figureOf, show } from './figures.ts';

const BIN = join(import.meta.dirname, '../../bin/barograph.js');

interface Started {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts `barograph run` and resolves with the dashboard's address. */
async function start(args: readonly string[], cwd: string): Promise<Started> {
  const child = spawn(process.execPath, [BIN, 'run', '--port', '0', ...args], { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url === undefined) continue;
    child.stdout.resume();
    return {
      url,
      stop: async () => {
        child.kill('SIGTERM');
        await once(child, 'exit');
      },
    };
  }
  throw new Error('barograph ended before it said where its dashboard is');
}

/** Resolves at the first event of a kind whose data holds `text`. */
async function heard(url: string, kind: string, text: string, opened?: () => void): Promise<void> {
  const response = await fetch(`${url}/api/events`);
  opened?.();
  const decoder = new TextDecoder();
  let buffer = '';
  for await (const chunk of response.body ?? []) {
    buffer += decoder.decode(chunk, { stream: true });
    const blocks = buffer.split('\n\n');
    buffer = blocks.pop() ?? '';
    if (blocks.some((block) => block.includes(`event: ${kind}\n`) && block.includes(text))) return; // closes the connection
  }
}

/** From an append by another process to the event stream, nothing else going on. */
export async function benchLatency(headlines: readonly string[], folder: string): Promise<void> {
  await writeFile(join(folder, 'barograph.yaml'), 'data: ./live\nnotify: []\n');
  const system = await start([], folder);
  const storage = await openDataFolder(join(folder, 'live'));
  try {
    const times: number[] = [];
    for (const [i, title] of headlines.entries()) {
      const id = `latency-${i}`;
      const now = Date.now();
      const listening = Promise.withResolvers<void>();
      const story = heard(system.url, 'story', id, listening.resolve);
      await listening.promise;
      await sleep(150 + ((i * 37) % 100)); // idle, and out of step with the pollers
      const article = {
        id,
        source: 'bench',
        url: '',
        title,
        summary: '',
        publishedAt: now,
        appendedAt: now,
        dated: true,
        language: 'en',
        tickers: [],
      };
      const begin = performance.now();
      await storage.log.append('news.raw', [{ key: id, value: encodeRaw({ type: 'article', article }) }]);
      await story;
      times.push(performance.now() - begin);
    }
    console.log(`append to event stream, idle           ${show(figureOf(times), 'ms')}   target: median at most 300 ms`);
  } finally {
    await storage.close();
    await system.stop();
  }
}

/** From starting the demo to the first classified story that the API gives. */
export async function benchStart(folder: string, runs: number): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    const begin = performance.now();
    const system = await start(['--data', join(folder, `start-${i}`)], folder);
    while (((await (await fetch(`${system.url}/api/stories?limit=1`)).json()) as unknown[]).length === 0) await sleep(10);
    times.push((performance.now() - begin) / 1000);
    await system.stop();
  }
  console.log(`start to the first classified story    ${show(figureOf(times), 's', 2)}   target: at most 5 s`);
}
