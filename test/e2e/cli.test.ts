import assert from 'node:assert/strict';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { embedded, openStorage } from '../../src/cli/storage.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { barograph, type Outcome, outcomesOf } from './barograph.ts';
import { writeRecording } from './recording.ts';

const BUNDLE = fileURLToPath(new URL('../../models/default', import.meta.url));
const COMMANDS = [
  'run,init,validate,schema,doctor,ingest,classify,pretrain,train,eval,replay,verify'.split(',').map((name) => [name]),
  ['list', 'show'].map((name) => ['series', name]),
  [['alerts', 'list']],
  ['inspect', 'split'].map((name) => ['data', name]),
  ['pull', 'import', 'list', 'show', 'verify'].map((name) => ['models', name]),
  ['list', 'show', 'requeue'].map((name) => ['dead-letter', name]),
].flat();

describe('the command line', { timeout: 5 * 60_000 }, () => {
  let cwd: string;
  let remove: () => Promise<void>;
  before(async () => {
    const folder = await temporaryFolder();
    cwd = folder.path;
    remove = folder.remove;
  });
  after(() => remove());

  const run = (...args: readonly string[]): Promise<Outcome> => barograph(args, { cwd });
  const write = (name: string, ...lines: readonly string[]): Promise<void> => writeFile(join(cwd, name), `${lines.join('\n')}\n`);
  const read = (name: string): Promise<string> => readFile(join(cwd, name), 'utf8');

  const { json, fails } = outcomesOf(run);

  it('explains every command with --help', async () => {
    for (const command of COMMANDS) {
      const { code, stdout } = await run(...command, '--help');
      assert.equal(code, 0, command.join(' '));
      assert.match(stdout, new RegExp(`Usage: barograph ${command.join(' ')}`));
    }
  });

  it('refuses what it does not understand with exit code 2', async () => {
    await fails(2, /unknown option '--nope'/, 'replay', 'x', '--nope');
    await fails(2, /unknown command 'nope'/, 'nope');
    await fails(2, /E_INPUT_MISSING/, 'replay', 'missing.ndjson');
    await fails(2, /E_INPUT_MISSING.*/s, 'verify', '--data', 'missing');
    await fails(2, /"bonds" is no series/, 'series', 'show', 'bonds', '--data', 'missing');
  });

  it('writes a configuration that is valid, and does not replace it unasked', async () => {
    assert.deepEqual(await json('init', 'new.yaml'), { file: 'new.yaml' });
    assert.deepEqual(await json('validate', 'new.yaml'), { file: 'new.yaml', faults: [] });
    await fails(2, /there already/, 'init', 'new.yaml');
  });

  it('lists every fault of a configuration with its line and column', async () => {
    await write('bad.yaml', 'feedz: []', 'ledger:', '  bucket: 5 minutes', 'web:', '  port: 99999');
    const { code, stdout } = await run('validate', 'bad.yaml');
    assert.equal(code, 3);
    const lines = stdout.trim().split('\n');
    assert.deepEqual(
      lines.map((line) => /^bad\.yaml:\d+:\d+/.exec(line)?.[0]),
      ['bad.yaml:1:1', 'bad.yaml:3:11', 'bad.yaml:5:9'],
    );
    assert.match(lines[0] ?? '', /did you mean feeds\?/);
    await fails(2, /E_CONFIG_MISSING/, 'validate', 'missing.yaml');
  });

  it('prints the schema of the configuration as JSON', async () => {
    const { code, stdout } = await run('schema');
    assert.equal(code, 0);
    const schema = JSON.parse(stdout);
    assert.deepEqual([schema.type, schema.additionalProperties], ['object', false]);
    assert.ok('feeds' in schema.properties);
  });

  it('scores the rows of a CSV and of NDJSON alike, in order, with probabilities that sum to 1', async () => {
    const texts = [
      'Shares plunge, badly, on fraud',
      'Two\nlines "quoted"',
      '',
      'Profit beats forecasts',
      'Shares plunge, badly, on fraud',
    ];
    await write('texts.csv', 'id,headline', ...texts.map((text, n) => `${n},"${text.replaceAll('"', '""')}"`));
    await write('texts.ndjson', ...texts.map((headline, id) => JSON.stringify({ id, headline })));
    const summary = await json('classify', '--input', 'texts.csv', '--text', 'headline', '--output', 'csv.out');
    assert.deepEqual([summary.rows, summary.output], [5, 'csv.out']);
    const piped = await run('classify', '--input', 'texts.ndjson', '--text', 'headline', '--output', '-');
    assert.equal(piped.stdout, await read('csv.out'));
    const rows = piped.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      rows.map(({ row }) => row),
      [0, 1, 2, 3, 4],
    );
    for (const { sentiment, topics } of rows) {
      const near = (sum: number): boolean => Math.abs(sum - 1) < 0.01;
      assert.ok(near(sentiment.negative + sentiment.neutral + sentiment.positive), JSON.stringify(sentiment));
      assert.ok(near(topics.reduce((sum: number, { p }: { p: number }) => sum + p, 0)), JSON.stringify(topics));
    }
    assert.ok(rows[0].sentiment.negative > rows[3].sentiment.negative);
    assert.deepEqual(rows[0].sentiment, rows[4].sentiment);
  });

  it('says what is wrong with the input, the output or the bundle of classify, and leaves no half result', async () => {
    await write('few.csv', 'id,headline', '1,Profit falls');
    const input = ['classify', '--input', 'few.csv'];
    await fails(2, /no column nope, but id, headline.*E_INPUT_INVALID/s, ...input, '--text', 'nope', '--output', 'no.out');
    await fails(2, /missing\.csv.*E_INPUT_MISSING/, 'classify', '--input', 'missing.csv', '--text', 'a', '--output', 'no.out');
    await fails(1, /E_OUTPUT_FAILED/, ...input, '--text', 'headline', '--output', '/dev/full');
    await cp(BUNDLE, join(cwd, 'bundle'), { recursive: true });
    const path = join(cwd, 'bundle', 'heads.safetensors');
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(path, bytes);
    await fails(
      1,
      /heads\.safetensors.*E_BUNDLE_ALTERED/s,
      ...input,
      '--text',
      'headline',
      '--output',
      'no.out',
      '--model',
      'bundle',
    );
    assert.deepEqual(
      (await readdir(cwd)).filter((name) => name.startsWith('no.out')),
      [],
    );
  });

  it('measures a bundle on labelled data, with numbers or names for labels', async () => {
    const texts = [
      'Shares plunge after fraud probe',
      'Profit beats forecasts, shares soar',
      'Board meets on Tuesday',
      'Bank fined, shares fall',
    ];
    const named = ['Negative', 'positive', 'neutral', 'negative'];
    await write('named.csv', 'headline,tone', ...texts.map((text, i) => `"${text}",${named[i]}`));
    const numbers = { Negative: 0, negative: 0, positive: 1, neutral: 2 };
    await write(
      'numbered.csv',
      'text,label',
      ...texts.map((text, i) => `"${text}",${numbers[named[i] as keyof typeof numbers]}`),
    );
    const measured = await json('eval', '--task', 'sentiment', '--data', 'named.csv', '--text', 'headline', '--label', 'tone');
    assert.equal(measured.n, 4);
    assert.ok(measured.accuracy >= 0.75 && measured.intervals.accuracy.high <= 1, JSON.stringify(measured));
    assert.equal(
      measured.confusion.flat().reduce((sum: number, count: number) => sum + count, 0),
      4,
    );
    const numbered = ['eval', '--task', 'sentiment', '--data', 'numbered.csv'];
    assert.deepEqual(await json(...numbered, '--labels', 'negative,positive,neutral'), measured);
    await fails(2, /label "0" is none of negative, neutral, positive; say with --labels/, ...numbered);
    await fails(2, /bad is no label of the model/, ...numbered, '--labels', 'bad,good');
  });

  it('looks at labelled data and parts it, near-duplicates together', async () => {
    const texts = [
      'Profit falls at the bank',
      'Profit falls at the bank https://t.co/x',
      'Oil rises',
      'Fed holds rates',
      'Merger called off',
    ];
    await write('labelled.csv', 'text,label', ...texts.map((text, i) => `${text},${i % 2 === 0 ? 'down' : 'up'}`));
    const found = await json('data', 'inspect', 'labelled.csv');
    assert.deepEqual([found.rows, found.labels, found.contradictions.texts], [5, { 'labelled.csv': { down: 3, up: 2 } }, 1]);
    const summary = await json('data', 'split', 'labelled.csv', '--output', 'split.csv', '--validation', '0.2', '--test', '0.2');
    assert.equal(summary.train + summary.validation + summary.test, 5);
    const [header, first = '', second = ''] = (await read('split.csv')).split('\n');
    assert.equal(header, 'file,row,group,part');
    assert.deepEqual(first.split(',').slice(2), second.split(',').slice(2));
    await fails(2, /no column nope/, 'data', 'inspect', 'labelled.csv', '--label', 'nope', '--text', 'nope');
    await fails(
      2,
      /leave nothing to train on/,
      'data',
      'split',
      'labelled.csv',
      '--output',
      'x',
      '--validation',
      '0.5',
      '--test',
      '0.5',
    );
  });

  it('replays a recording: the summary adds up, the alerts have their keys, and what is stored can be looked at', async () => {
    await writeRecording(join(cwd, 'news.ndjson'), 400);
    const lines = (await read('news.ndjson')).trim().split('\n').length;
    const summary = await json('replay', 'news.ndjson', '--data', 'data', '--alerts', 'alerts.ndjson');
    assert.equal(summary.lines, lines);
    assert.equal(summary.lines, summary.articles + summary.duplicates + summary.deadLettered);
    for (const counted of ['articles', 'duplicates', 'deadLettered', 'stories', 'alerts'])
      assert.ok(summary[counted] > 0, `no ${counted}`);

    const alerts = (await read('alerts.ndjson'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(alerts.length, summary.alerts);
    for (const alert of alerts) {
      const keys = ['id', 'series', 'status', 'severity', 'openedAt', 'resolvedAt', 'evidence'];
      assert.deepEqual(Object.keys(alert), keys);
      assert.equal(new Date(alert.openedAt).toISOString(), alert.openedAt);
    }

    const data = ['--data', 'data'];
    const listed = await json('alerts', 'list', ...data, '--limit', '1000');
    assert.deepEqual(
      listed.map(({ id }: { id: string }) => id),
      alerts.map(({ id }) => id).reverse(),
    );
    const [busiest] = await json('series', 'list', ...data);
    assert.deepEqual([busiest.series, busiest.articles], ['market', summary.articles]);
    const points = await json('series', 'show', 'market', ...data, '--bucket', '1d');
    assert.equal(
      points.reduce((sum: number, { articles }: { articles: number }) => sum + articles, 0),
      summary.articles,
    );
    const letters = await json('dead-letter', 'list', ...data);
    assert.equal(letters.length, summary.deadLettered);
    assert.deepEqual(await json('dead-letter', 'show', String(letters[0].number), ...data), letters[0]);
    await fails(2, /cannot deliver again/, 'dead-letter', 'requeue', String(letters[0].number), ...data);
    const verified = await json('verify', ...data);
    assert.deepEqual([verified.differences, verified.examples], [0, []]);
    await fails(1, /\/dev\/full.*E_OUTPUT_FAILED/s, 'replay', 'news.ndjson', ...data, '--alerts', '/dev/full');
    const { articlesPerSecond: _, ...again } = await json('replay', 'news.ndjson', ...data);
    const { articlesPerSecond: __, ...before } = summary;
    assert.deepEqual(again, before); // done already: nothing is counted twice

    await write('old.csv', 'date,title', '2001-01-05T10:00:00Z,Nothing of this was known before');
    const { articlesPerSecond: ___, ...old } = await json('replay', 'old.csv', ...data);
    const nothing = { duplicates: 0, deadLettered: 0, alerts: 0 };
    assert.deepEqual(old, { lines: 1, articles: 1, stories: 1, late: 1, ...nothing }); // of this replay, not of the folder
  });

  it('takes articles in from a CSV and an RSS file, and keeps what cannot be used', async () => {
    await write('in.csv', 'date,title,url', '2026-01-05T10:00:00Z,"Profit, again, falls",https://a.example/1', '2026-01-05,,');
    await write(
      'in.xml',
      '<rss version="2.0"><channel><title>T</title><item><title>Profit rises</title><link>https://a.example/2</link></item></channel></rss>',
    );
    assert.deepEqual(await json('ingest', 'in.csv', 'in.xml', '--data', 'taken'), { articles: 2, deadLettered: 1 });
    const [letter] = await json('dead-letter', 'list', '--data', 'taken');
    assert.deepEqual([letter.stage, letter.code, letter.origin], ['ingest', 'E_RECORD_INVALID', 'in.csv:2']);

    await write('none.csv', 'date,title,url', '2026-01-05,,');
    for (const command of ['ingest', 'replay'])
      await fails(
        2,
        /none\.csv: nothing there is an article\. The first: \w.*E_INPUT_INVALID/s,
        command,
        'none.csv',
        '--data',
        command,
      );
  });

  it('puts a record that could not be read back into the log, where it is tried again', async () => {
    await write('one.csv', 'date,title', '2026-01-05T10:00:00Z,Profit falls');
    const data = ['--data', 'again'];
    const storage = await openStorage(embedded(join(cwd, 'again')));
    await storage.log.append('news.raw', [{ key: 'k', value: 'no JSON' }]);
    await storage.close();
    await json('replay', 'one.csv', ...data, '--model', 'stub');
    const [letter] = await json('dead-letter', 'list', ...data);
    assert.deepEqual([letter.stage, letter.code, letter.origin], ['classify', 'E_RECORD_INVALID', 'news.raw/0/0']);
    assert.deepEqual(await json('dead-letter', 'requeue', String(letter.number), ...data), { requeued: [letter.number] });
    await json('replay', 'one.csv', ...data, '--model', 'stub');
    const letters = await json('dead-letter', 'list', ...data);
    assert.deepEqual(
      letters.map(({ payload }: { payload: string }) => payload),
      ['no JSON', 'no JSON'],
    );
    assert.equal((await json('verify', ...data)).differences, 0);
  });

  it('says that a result could not be printed, and leaves what is stored alone', async () => {
    const { code, stderr } = await barograph(['dead-letter', 'list', '--data', 'again', '--json'], {
      cwd,
      stdoutTo: '/dev/full',
    });
    assert.match(stderr, /^error: the result cannot be written: ENOSPC.*E_OUTPUT_FAILED/);
    assert.equal(code, 1);
    assert.equal((await json('verify', '--data', 'again')).differences, 0);
  });

  it('names the database file that is damaged', async () => {
    await json('ingest', 'in.csv', '--data', 'damaged');
    for (const name of ['trends', 'state', 'log']) {
      const path = join(cwd, 'damaged', `${name}.db`);
      const whole = await readFile(path);
      await writeFile(path, 'this is no database. '.repeat(500));
      const message = new RegExp(`damaged/${name}\\.db is damaged.*Restore it.*E_DATA_CORRUPT`, 's');
      await fails(1, message, 'verify', '--data', 'damaged');
      await fails(1, message, 'replay', 'in.csv', '--data', 'damaged', '--model', 'stub');
      await writeFile(path, whole);
    }
    assert.equal((await json('verify', '--data', 'damaged')).differences, 0);
  });
});
