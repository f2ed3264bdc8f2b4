import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { embedded, openStorage } from '../../src/cli/storage.ts';
import { encodeRaw } from '../../src/domain/wire.ts';
import { dashboardOf, type Life, start, terminate } from '../e2e/barograph.ts';
import { listen } from '../web/server-events.ts';
import { figureOf, show } from './figures.ts';

/** Resolves at the first story whose data holds `text`. */
async function heard(url: string, text: string, opened: () => void): Promise<void> {
  for await (const { event, data } of listen(url, { opened })) if (event === 'story' && data?.includes(text)) return;
}

/** Starts `barograph run` on any free port. */
async function run(args: readonly string[], cwd: string): Promise<{ readonly life: Life; readonly url: string }> {
  const life = start(['run', '--port', '0', ...args], { cwd });
  return { life, url: await dashboardOf(life) };
}

/** From an append by another process to the event stream, nothing else going on. */
export async function benchLatency(headlines: readonly string[], folder: string): Promise<void> {
  await writeFile(join(folder, 'barograph.yaml'), 'data: ./live\nnotify: []\n');
  const { life, url } = await run([], folder);
  const storage = await openStorage(embedded(join(folder, 'live')));
  try {
    const times: number[] = [];
    for (const [i, title] of headlines.entries()) {
      const id = `latency-${i}`;
      const now = Date.now();
      const listening = Promise.withResolvers<void>();
      const story = heard(url, id, listening.resolve);
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
    await terminate(life);
  }
}

/** From starting the demo to the first classified story that the API gives. */
export async function benchStart(folder: string, runs: number): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    const begin = performance.now();
    const { life, url } = await run(['--data', join(folder, `start-${i}`)], folder);
    while (((await (await fetch(`${url}/api/stories?limit=1`)).json()) as unknown[]).length === 0) await sleep(10);
    times.push((performance.now() - begin) / 1000);
    await terminate(life);
  }
  console.log(`start to the first classified story    ${show(figureOf(times), 's', 2)}   target: at most 5 s`);
}
