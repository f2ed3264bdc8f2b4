import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadSetup } from '../../src/cli/setup.ts';
import { openStorage } from '../../src/cli/storage.ts';
import { encodeRaw } from '../../src/domain/wire.ts';
import { connectClient } from '../../src/log/kafka/client.ts';
import { lagOf } from '../../src/log/lag.ts';
import { openElasticsearch } from '../../src/store/elasticsearch/connection.ts';
import { eventually } from '../eventually.ts';
import { rawArticle } from '../pipelines/memory-system.ts';
import { testServers } from '../servers.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { barograph, type Life, outcomesOf, start, terminate } from './barograph.ts';
import { writeRecording } from './recording.ts';

const { servers, skip } = testServers();
const hasKcat = spawnSync('kcat', ['-V']).status === 0;
const ARTICLES = 3000;

describe('on Kafka and Elasticsearch', { skip, timeout: 4 * 60_000 }, () => {
  if (servers === undefined) return;
  const name = `e2e-${randomUUID().slice(0, 8)}`;
  const brokers = [`127.0.0.1:${servers.kafka.plain}`];
  const nodes = [`http://127.0.0.1:${servers.elasticsearch.http}`];
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const run = (...args: readonly string[]) => barograph(args, { cwd: folder.path });
  const { json } = outcomesOf(run);

  before(async () => {
    folder = await temporaryFolder();
    await writeFile(
      join(folder.path, 'barograph.yaml'),
      `log: {kafka: {brokers: ["${brokers[0]}"], prefix: ${name}., partitions: 3, session_timeout: 6s}}
store: {elasticsearch: {node: "${nodes[0]}", prefix: ${name}-, replicas: 0}}
`,
    );
    await writeRecording(join(folder.path, 'news.ndjson'), ARTICLES);
  });
  after(async () => {
    await folder.remove();
    const { own: admin, release } = await connectClient({ brokers, prefix: '', sessionTimeoutMs: 6000 }, (kafka) =>
      kafka.admin(),
    );
    await admin.deleteTopics({ topics: (await admin.listTopics()).filter((topic) => topic.startsWith(name)) });
    await release();
    const client = openElasticsearch({ nodes, prefix: '' });
    const indices = Object.keys(await client.indices.get({ index: `${name}-*` }));
    if (indices.length > 0) await client.indices.delete({ index: indices });
    await client.indices.deleteIndexTemplate({ name: `${name}-*` });
    await client.close();
  });

  it('makes what the clusters lack, once, and says so before', async () => {
    const missing = async (...args: readonly string[]): Promise<number[]> =>
      (await json('setup', ...args)).map((cluster: { missing: string[] }) => cluster.missing.length);
    const doctor = await run('doctor');
    assert.match(doctor.stdout, /FAULT {2}log .*lacks topic .*run `barograph setup`/);
    assert.deepEqual(await missing('--dry-run'), [5, 6]);
    assert.deepEqual(await missing(), [5, 6]);
    assert.deepEqual(await missing(), [0, 0]);
  });

  it('scores over several processes, goes on when one is killed, and stores what a fold of the log gives', async (t) => {
    await json('ingest', 'news.ndjson');
    const { log, trends, close } = await openStorage((await loadSetup(join(folder.path, 'barograph.yaml'))).config);
    t.after(close);
    const expected = new Set<string>();
    for (const { partition } of await log.ranges('news.raw'))
      for await (const chunk of log.read('news.raw', partition, 0)) for (const { key } of chunk) expected.add(key);

    const begin = (what: string): Life => start(['run', what, '--model', 'stub'], { cwd: folder.path, timeoutMs: 200_000 });
    const lives = { one: begin('classify'), two: begin('classify'), ledger: begin('ledger'), standby: begin('ledger') };
    t.after(() => Object.values(lives).map(({ child }) => child.kill('SIGKILL')));
    await eventually(async () => (await trends.count('article')) > expected.size / 10, 'the first articles', 60_000);
    for (const who of ['one', 'ledger'] as const) {
      lives[who].child.kill('SIGKILL');
      await lives[who].ended;
    }
    await eventually(async () => (await trends.count('article')) === expected.size, `${expected.size} articles`, 90_000);
    for (const who of ['two', 'standby'] as const) assert.equal((await terminate(lives[who])).code, 0);

    const stored = new Set<string>();
    for await (const chunk of trends.scan('article')) for (const { id } of chunk) stored.add(id);
    assert.deepEqual(stored, expected);
    const verified = await json('verify');
    assert.equal(verified.differences, 0);
    assert.equal(verified.acknowledged, verified.records);
  });

  it('takes no harm from an owner that was stopped for longer than its session and does not know', async (t) => {
    const { log, trends, close } = await openStorage((await loadSetup(join(folder.path, 'barograph.yaml'))).config);
    t.after(close);
    const already = await trends.count('article');
    let count = 0;
    const feed = async (articles: number): Promise<void> => {
      const made = Array.from({ length: articles }, (_, i) =>
        rawArticle(`paused-${count + i}`, `Story ${count + i}`, Date.now()),
      );
      await log.append(
        'news.raw',
        made.map((article) => ({ key: article.id, value: encodeRaw({ type: 'article', article }) })),
      );
      count += articles;
    };
    const stored =
      (share = 1) =>
      async (): Promise<boolean> =>
        (await trends.count('article')) >= already + share * count;
    const begin = (what: string): Life => start(['run', what, '--model', 'stub'], { cwd: folder.path, timeoutMs: 200_000 });
    const lives = { classify: begin('classify'), owner: begin('ledger') };
    t.after(() => Object.values(lives).map(({ child }) => child.kill('SIGKILL')));
    await feed(10);
    await eventually(stored(), 'the owner', 60_000);
    const standby = begin('ledger');
    t.after(() => standby.child.kill('SIGKILL'));
    await feed(10);
    await eventually(stored(), 'the owner beside a stand-by', 60_000);

    await feed(2000);
    await eventually(stored(0.1), 'work under way', 60_000);
    lives.owner.child.kill('SIGSTOP');
    await feed(10);
    await eventually(stored(), 'the stand-by to take over', 60_000);
    lives.owner.child.kill('SIGCONT'); // it goes on with what it had read
    await feed(500);
    await eventually(stored(), 'the new owner beside the old one', 60_000);
    await eventually(async () => (await lagOf(log, 'news.scored', 'ledger')) === 0, 'everything acknowledged', 60_000);
    assert.equal((await terminate(lives.classify)).code, 0);
    for (const life of [lives.owner, standby]) {
      const { code, stderr } = await terminate(life);
      assert.equal(code, 0);
      assert.doesNotMatch(stderr, /lost its partition/); // it stays where it went
    }
    const verified = await json('verify');
    assert.equal(verified.differences, 0);
    assert.equal(verified.acknowledged, verified.records);
  });

  it('takes what kcat produces, and gives what kcat and curl read', {
    skip: hasKcat ? false : 'kcat is not installed',
  }, async (t) => {
    const kcat = (args: readonly string[], input?: string): string =>
      execFileSync('kcat', ['-b', brokers[0] as string, ...args], {
        encoding: 'utf8',
        ...(input === undefined ? {} : { input }),
      });
    const title = 'Acme recalls its product after a failure';
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const header = ['-H', `traceparent=00-${trace}-b7ad6b7169203331-00`];
    const article = { type: 'article', title, source: 'kcat' };
    kcat(['-P', '-t', `${name}.news.raw`, ...header], `${JSON.stringify(article)}\n{"type":"article"}\n`);
    const life = start(['run', 'classify', 'ledger', '--model', 'stub'], { cwd: folder.path, timeoutMs: 60_000 });
    t.after(() => life.child.kill('SIGKILL'));

    const query = encodeURIComponent('source:kcat');
    const found = async () => {
      const response = await fetch(`${nodes[0]}/${name}-articles/_search?q=${query}`);
      const { hits } = (await response.json()) as { hits: { hits: { _source: Record<string, unknown> }[] } };
      return hits.hits.map(({ _source }) => _source);
    };
    await eventually(async () => (await found()).length === 1, 'the article');
    const [stored] = await found();
    assert.deepEqual([stored?.title, stored?.dated, stored?.kind], [title, false, 'article']);
    assert.ok(Math.abs(Date.parse(String(stored?.['@timestamp'])) - Date.now()) < 60_000);

    assert.equal((await terminate(life)).code, 0);
    const letters = kcat(['-C', '-t', `${name}.dead-letter`, '-o', '-20', '-e', '-q', '-f', '%h %s\n'])
      .trim()
      .split('\n');
    const span = `traceparent=00-${trace}-[0-9a-f]{16}-00`;
    assert.match(letters.at(-1) ?? '', new RegExp(`^schema=dead-letter/1,producer=barograph,${span} \\{.*title: `));
    const scored = kcat(['-C', '-t', `${name}.news.scored`, '-o', '-20', '-e', '-q', '-f', '%h %s\n'])
      .trim()
      .split('\n');
    const line = scored.find((each) => each.includes(title)) ?? '';
    assert.match(line, new RegExp(`^schema=news.scored/1,producer=barograph,${span} `));
    assert.doesNotMatch(line, /b7ad6b7169203331/); // a span of its own
  });

  it('takes labels that kcat produces, for training, and says which are none', {
    skip: hasKcat ? false : 'kcat is not installed',
  }, async (t) => {
    const label = (sentiment: string) => JSON.stringify({ type: 'label', text: 'Acme, sued', sentiment, by: 'desk' });
    const lines = [label('neutral'), label('bad'), label('negative'), '{"type":"label","text":"Acme rises"}'];
    execFileSync('kcat', ['-b', brokers[0] as string, '-P', '-t', `${name}.news.labelled`], { input: lines.join('\n') });
    const life = start(['run', 'labels'], { cwd: folder.path, timeoutMs: 60_000 });
    t.after(() => life.child.kill('SIGKILL'));
    const rejected = async (): Promise<string[]> =>
      (await json('dead-letter', 'list')).filter(({ stage }: { stage: string }) => stage === 'labels');
    await eventually(async () => (await rejected()).length === 2, 'two dead letters', 40_000);
    assert.match(JSON.stringify(await rejected()), /sentiment: .*it says neither sentiment nor topic/);
    assert.equal((await terminate(life)).code, 0);

    const output = join(folder.path, 'labels.csv');
    assert.deepEqual(await json('data', 'export', '--task', 'sentiment', '--output', output), { output, labels: 1 });
    assert.match(await readFile(output, 'utf8'), /^text,entity,label,by,at\n"Acme, sued",,negative,desk,20.*Z\n$/);
  });

  it('copies an embedded set-up, goes on where it stood, and finds everything equal', async () => {
    const all = (await readFile(join(folder.path, 'news.ndjson'), 'utf8')).trimEnd().split('\n');
    await writeFile(join(folder.path, 'first.ndjson'), all.slice(0, 500).join('\n'));
    await writeFile(join(folder.path, 'second.ndjson'), all.slice(500, 700).join('\n'));
    assert.equal((await run('replay', 'first.ndjson', '--model', 'stub', '--data', 'data')).code, 0);
    assert.equal((await run('ingest', 'second.ndjson', '--data', 'data')).code, 0); // not classified yet
    const file = 'moved.yaml';
    const text = await readFile(join(folder.path, 'barograph.yaml'), 'utf8');
    await writeFile(
      join(folder.path, file),
      text.replaceAll(`${name}.`, `${name}.moved.`).replaceAll(`${name}-`, `${name}-moved-`),
    );
    await json('setup', '--config', file);
    const counts = await json('migrate', '--config', file, '--data', 'data');
    assert.ok(counts.records > 1000 && counts.documents > 1000 && counts.states > 0, JSON.stringify(counts));
    const verified = await json('verify', '--config', file);
    assert.equal(verified.differences, 0);
    const again = await run('migrate', '--config', file, '--data', 'data');
    assert.deepEqual([again.code, /news\.raw of the target has records/.test(again.stderr)], [2, true], again.stderr);

    const before = (await json('series', 'list', '--limit', '1', '--config', file))[0].articles;
    const life = start(['run', 'classify', 'ledger', '--model', 'stub', '--config', file], {
      cwd: folder.path,
      timeoutMs: 60_000,
    });
    const articles = async (): Promise<number> => (await json('series', 'list', '--limit', '1', '--config', file))[0].articles;
    await eventually(async () => (await articles()) > before + 150, 'the articles that were not classified', 40_000);
    assert.equal((await terminate(life)).code, 0);
    assert.equal((await json('verify', '--config', file)).differences, 0);
  });
});
