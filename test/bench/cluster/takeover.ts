import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../eventually.ts';
import { DAY, T0 } from '../../ledger/scored.ts';
import { figureOf, show } from '../figures.ts';
import { articleOf, fill, progress, rawRecord, scoredRecords } from './articles.ts';
import { SESSION_MS, type Servers, withBed } from './bed.ts';
import { costOf, cpuOf, type Moment, showCost } from './cost.ts';

const POLL_MS = 20;
/** Between two appends while a process is away. */
const APPEND_MS = 50;
/** So that the alerts' warm-up is over with the first of the figures, and what the ledger remembers stays alike. */
const A_DAY = 5000;

/** From SIGKILL of the only process that classifies, and its restart at once, to the first article that it scored. */
export async function benchRestart(servers: Servers, titles: readonly string[], runs: number): Promise<void> {
  await withBed(servers, async ({ storage: { log }, run }) => {
    const times: number[] = [];
    const scored = async (): Promise<number> => (await log.ranges('news.scored'))[0]?.next ?? 0;
    let life = run('classify', '--model', 'stub');
    for (let i = 0; i < runs; i += 1) {
      const first = await scored();
      const appending = appendUntil((n) =>
        log.append('news.raw', [rawRecord(articleOf(`restart-${i}-${n}`, titles[n % titles.length] ?? '', Date.now()))]),
      );
      await eventually(async () => (await scored()) > first, 'an article', 60_000);
      await sleep(2000);
      const begin = performance.now();
      life.child.kill('SIGKILL');
      await life.ended;
      const before = await scored();
      life = run('classify', '--model', 'stub');
      while ((await scored()) === before) await sleep(POLL_MS);
      times.push((performance.now() - begin - SESSION_MS) / 1000);
      await appending.end();
    }
    console.log(`restart after SIGKILL, beyond the session  ${show(figureOf(times), 's', 2)}   target: at most 5 s`);
  });
}

/**
 * What an article costs the ledger when 10^4, 10^5 and `most` are stored, and how soon a stand-by goes on for an owner that was killed or
 * has left.
 */
export async function benchGrowth(servers: Servers, titles: readonly string[], most: number, runs: number): Promise<void> {
  const record = scoredRecords(titles, T0, DAY / A_DAY);
  await withBed(servers, async (bed) => {
    const { log } = bed.storage;
    await fill(log, 'news.scored', most, record);
    let owner = bed.run('ledger', '--recording', 'none');
    const pids = new Map([...Object.entries(servers.pids), ['ledger', owner.child.pid] as const]);
    const moments: Moment[] = [];
    while ((moments.at(-1)?.done ?? 0) < most) {
      moments.push({ done: await progress(log, 'news.scored', 'ledger'), at: performance.now(), cpu: cpuOf(pids) });
      await sleep(100);
    }
    const sizes = [10_000, 30_000, 100_000, 300_000, most].filter((size, i, all) => all.indexOf(size) === i && size <= most);
    console.log('ledger, an article when so many are stored (target: within 1.5 times)');
    for (const size of sizes) {
      // Over the second half of those that were stored until then.
      const [begin, end] = [size / 2, size].map((count) => moments.find(({ done }) => done >= count));
      if (begin === undefined || end === undefined) continue;
      const us = ((end.at - begin.at) * 1000) / (end.done - begin.done);
      console.log(`  ${String(size).padEnd(10)} ${us.toFixed(0)} microseconds; of a core: ${showCost(costOf(begin, end))}`);
    }

    let standby = bed.run('ledger', '--recording', 'none');
    let appended = most;
    const times: Record<'SIGKILL' | 'SIGTERM', number[]> = { SIGKILL: [], SIGTERM: [] };
    for (let i = 0; i < 2 * runs; i += 1) {
      const how = i % 2 === 0 ? 'SIGKILL' : 'SIGTERM';
      await sleep(i === 0 ? 60_000 : 30_000); // folds along by then
      const appending = appendUntil(async () => {
        await log.append('news.scored', [record(appended)]);
        appended += 1;
      });
      await sleep(3000);
      const begin = performance.now();
      owner.child.kill(how);
      await owner.ended;
      const before = await progress(log, 'news.scored', 'ledger');
      while ((await progress(log, 'news.scored', 'ledger')) <= before) await sleep(POLL_MS);
      times[how].push((performance.now() - begin - (how === 'SIGKILL' ? SESSION_MS : 0)) / 1000);
      await appending.end();
      owner = standby;
      standby = bed.run('ledger', '--recording', 'none');
    }
    console.log(`stand-by with ${most} folded articles takes over (target: at most 5 s)`);
    console.log(`  after SIGKILL, beyond the session   ${show(figureOf(times.SIGKILL), 's', 2)}`);
    console.log(`  after SIGTERM                       ${show(figureOf(times.SIGTERM), 's', 2)}`);
  });
}

/** Appends at a steady pace until it is told to end. */
function appendUntil(append: (n: number) => Promise<void>): { end(): Promise<void> } {
  let stopped = false;
  const running = (async () => {
    for (let n = 0; !stopped; n += 1) {
      await append(n);
      await sleep(APPEND_MS);
    }
  })();
  return {
    end: () => {
      stopped = true;
      return running;
    },
  };
}
