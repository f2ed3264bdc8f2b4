import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { embedded, openStorage } from '../../src/cli/storage.ts';
import { DOC_KINDS } from '../../src/domain/doc.ts';
import { random } from '../ledger/scored.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { barograph, start } from './barograph.ts';
import { writeRecording } from './recording.ts';

/** Where a process that is to be killed shows how far it is. */
interface Gauge {
  readonly file: string;
  readonly sql: string;
}

/** The ledger catches up in leaps after each start, so the one that follows a slow model looks at what is scored. */
const SCORED: Gauge = { file: 'log.db', sql: 'SELECT count(DISTINCT key) AS n FROM news_scored' };
const STORED: Gauge = { file: 'trends.db', sql: 'SELECT count(*) AS n FROM article' };

interface Plan {
  readonly articles: number;
  readonly gauge: Gauge;
  /** Kills spread over the replay, each after some progress. */
  readonly kills: number;
  /** Further kills before them, while the process starts. */
  readonly startKills: number;
  readonly model: readonly string[];
  readonly seed: number;
}

describe('a replay that is killed again and again', { timeout: 8 * 60_000 }, () => {
  it('stores with the default bundle what an undisturbed one stores, nothing lost and nothing doubled', (t) =>
    survives(t, { articles: 2500, gauge: SCORED, kills: 20, startKills: 4, model: [], seed: 1 }));

  it('does so while it reads a recording that is longer than what may be in flight', (t) =>
    survives(t, { articles: 20_000, gauge: STORED, kills: 20, startKills: 2, model: ['--model', 'stub'], seed: 2 }));
});

async function survives(t: TestContext, { articles, gauge, kills, startKills, model, seed }: Plan): Promise<void> {
  const folder = await temporaryFolder();
  t.after(folder.remove);
  const next = random(seed);
  const cwd = folder.path;
  await writeRecording(join(cwd, 'news.ndjson'), articles);
  // Small batches, so that there is much to interrupt; the undisturbed run has the large ones of the defaults.
  await writeFile(join(cwd, 'small.yaml'), 'model:\n  max_batch_tokens: 256\n  max_in_flight: 64\n');
  const replay = ['replay', 'news.ndjson', '--json', ...model];

  const undisturbed = await barograph([...replay, '--data', 'whole'], { cwd });
  assert.equal(undisturbed.code, 0, undisturbed.stderr);
  const whole = await contents(join(cwd, 'whole'));
  assert.ok(count(whole, 'alert') > 0, 'the recording brings about no alert');
  assert.ok(whole.deadLetters.length > 0, 'the recording brings about no dead letter');
  const total = count(whole, 'article');

  const data = join(cwd, 'killed');
  const args = [...replay, '--data', data, '--config', 'small.yaml'];
  for (let kill = 0; kill < startKills; kill += 1) await killAfter(args, cwd, 50 + next() * 500);
  const seen: number[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    const planned = Math.floor((total * 0.9 * (kill + next())) / kills);
    seen.push(
      await killAt(args, cwd, { ...gauge, file: join(data, gauge.file) }, Math.max(planned, (seen.at(-1) ?? 0) + 1), next() * 60),
    );
  }
  t.diagnostic(`killed ${startKills} times at the start, then at these of ${total} articles: ${seen.join(', ')}`);

  const last = await barograph(args, { cwd });
  assert.equal(last.code, 0, last.stderr);
  assert.deepEqual(countsOf(last.stdout), countsOf(undisturbed.stdout));
  const verified = await barograph(['verify', '--data', data, '--json'], { cwd });
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  assert.equal(JSON.parse(verified.stdout).differences, 0);

  const killed = await contents(data);
  for (const kind of DOC_KINDS) {
    assert.equal(count(killed, kind), count(whole, kind), `${kind}s`);
    for (const [id, body] of whole.docs.get(kind) ?? []) assert.equal(killed.docs.get(kind)?.get(id), body, `${kind} ${id}`);
  }
  assert.deepEqual(killed.deadLetters, whole.deadLetters);
}

/** Kills a life while it starts; a data folder need not be there yet. */
async function killAfter(args: readonly string[], cwd: string, afterMs: number): Promise<void> {
  const life = start(args, { cwd });
  await sleep(afterMs);
  life.child.kill('SIGKILL');
  assert.equal((await life.ended).signal, 'SIGKILL');
}

/**
 * Kills a life a moment after the gauge shows so many articles; gives how many it showed then. A life that ends by itself
 * before, or does not come so far, fails the test.
 */
async function killAt(args: readonly string[], cwd: string, gauge: Gauge, target: number, delayMs: number): Promise<number> {
  const life = start(args, { cwd });
  const exited = once(life.child, 'exit');
  const deadline = performance.now() + 60_000;
  await once(life.child, 'spawn');
  while ((reading(gauge) ?? -1) < target) {
    assert.ok(performance.now() < deadline, `stuck at ${reading(gauge)} of ${target} articles`);
    if (life.child.exitCode !== null) {
      const { stdout, stderr } = await life.ended;
      assert.fail(`it ended at ${reading(gauge)} articles before it could be killed at ${target}: ${stdout}${stderr}`);
    }
    await sleep(2);
  }
  await sleep(delayMs);
  const reached = reading(gauge) ?? 0;
  life.child.kill('SIGKILL');
  await exited;
  assert.equal((await life.ended).signal, 'SIGKILL', 'it ended before it could be killed');
  return reached;
}

/** Reads beside the writer and leaves nothing open, so that the next life finds the files as the kill left them. */
function reading({ file, sql }: Gauge): number | undefined {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly: true });
    return Number(db.prepare(sql).get()?.n);
  } catch {
    return undefined; // not made yet
  } finally {
    db?.close();
  }
}

interface Contents {
  /** Bodies as JSON by kind and id; versions are offsets, and what is delivered again moves those. */
  readonly docs: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly deadLetters: readonly string[];
}

async function contents(data: string): Promise<Contents> {
  const storage = await openStorage(embedded(data));
  try {
    const docs = new Map<string, Map<string, string>>();
    for (const kind of DOC_KINDS) {
      const bodies = new Map<string, string>();
      for await (const chunk of storage.trends.scan(kind)) {
        for (const { id, body } of chunk) {
          assert.ok(!bodies.has(id), `${kind} ${id} is stored twice`);
          bodies.set(id, JSON.stringify(body));
        }
      }
      docs.set(kind, bodies);
    }
    return { docs, deadLetters: await deadLetters(data) };
  } finally {
    await storage.close();
  }
}

async function deadLetters(data: string): Promise<string[]> {
  const { stdout } = await barograph(['dead-letter', 'list', '--json', '--data', data], { cwd: data });
  const letters: { origin: string; payload: string; reason: string }[] = JSON.parse(stdout);
  return letters.map(({ origin, payload, reason }) => `${origin} ${reason} ${payload}`);
}

function count(contents: Contents, kind: string): number {
  return contents.docs.get(kind)?.size ?? 0;
}

/** The summary without what depends on the clock. */
function countsOf(summary: string): Record<string, unknown> {
  const { articlesPerSecond: _, ...counts } = JSON.parse(summary);
  return counts;
}
