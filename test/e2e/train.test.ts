import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '../eventually.ts';
import { writeTinyCheckpoint } from '../fixtures/model/tiny-checkpoint.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { barograph, type Outcome, start } from './barograph.ts';

const BUNDLE = fileURLToPath(new URL('../../models/default', import.meta.url));
const COMPANIES = ['acme', 'globex', 'initech', 'umbrella'];
const SUBJECTS = ['shares', 'sales', 'margins', 'orders', 'exports', 'rents', 'wages', 'loans', 'bonds', 'mines'];
const WORDS: Readonly<Record<string, string>> = { negative: 'fall', neutral: 'hold', positive: 'rise' };
const TOPICS: Readonly<Record<string, string>> = { Earnings: 'profit', Macro: 'inflation', Politics: 'election' };

/** Rows of a rule that a tiny model can learn; no two are near-duplicates of each other. */
const rowsOf = (count: number, labels: Readonly<Record<string, string>>, make: (word: string, n: number) => string): string[] =>
  Array.from({ length: count }, (_, n) => {
    const [label = '', word = ''] = Object.entries(labels)[n % Object.keys(labels).length] ?? [];
    return `${make(word, n)},${label}`;
  });

const withoutLabel = (row: string): string => row.replace(/,\w+$/, ',');

/** Words that stand in this row only, and two that others have too. */
const filler = (n: number): string =>
  `${SUBJECTS[n % SUBJECTS.length]} ${SUBJECTS[(n * 3 + 1) % SUBJECTS.length]} u${n} v${n} w${n} x${n}`;

describe('barograph train', { timeout: 5 * 60_000 }, () => {
  let cwd: string;
  let remove: () => Promise<void>;
  const run = (...args: readonly string[]): Promise<Outcome> => barograph(args, { cwd });
  const write = (name: string, lines: readonly string[]): Promise<void> => writeFile(join(cwd, name), `${lines.join('\n')}\n`);
  const read = (name: string): Promise<string> => readFile(join(cwd, name), 'utf8');

  before(async () => {
    ({ path: cwd, remove } = await temporaryFolder());
    writeTinyCheckpoint(join(cwd, 'tiny'), [
      ...COMPANIES,
      ...SUBJECTS,
      ...Object.values(WORDS),
      ...Object.values(TOPICS),
      'while',
    ]);
    await write('tone.csv', ['text,label', ...rowsOf(180, WORDS, (word, n) => `${filler(n)} ${word}`)]);
    await write('topic.csv', ['text,label', ...rowsOf(180, TOPICS, (word, n) => `${word} ${filler(n)}`)]);
    await write('towards.csv', [
      'text,who,label',
      ...rowsOf(
        90,
        WORDS,
        (word, n) => `${COMPANIES[n % 4]} ${word} while ${COMPANIES[(n + 1) % 4]} hold ${filler(n)},${COMPANIES[n % 4]}`,
      ),
    ]);
    await write('train.yaml', [
      'start: ./tiny',
      'output: ./run',
      'data:',
      '  - { file: tone.csv, task: sentiment }',
      '  - { file: topic.csv, task: topic }',
      '  - { file: towards.csv, task: sentiment, entity: who }',
      'split: { validation: 0.2, test: 0.2 }',
      'optimizer: { kind: adamw, learning_rate: 0.01 }',
      'epochs: 8',
      'validation: { every: 1, patience: 8 }',
      'threads: 1',
      'max_tokens: 32',
    ]);
  });
  after(() => remove());

  it('publishes a bundle that has learned, with model, history and report', async () => {
    const { code, stdout, stderr } = await run('train', '--config', 'train.yaml', '--json');
    assert.equal(code, 0, stderr);
    const result = JSON.parse(stdout);
    for (const task of ['topic', 'sentiment'])
      assert.ok(result.test[task].accuracy > 0.8, `${task} ${result.test[task].accuracy}`);
    assert.match(stderr, /texts to train on, .* to validate, .* to test, 3 topics/);
    const history = (await read('run/history.ndjson'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual([...new Set(history.map(({ kind }) => kind))].sort(), ['steps', 'validation']);
    const report = await read('run/report.html');
    assert.match(report, /<svg.*Confusion: topic, test part.*The surest mistakes/s);
    assert.doesNotMatch(report, /<script|src=|https?:/);
    const evaluated = await run('eval', '--model', 'run/bundle', '--data', 'tone.csv', '--task', 'sentiment', '--json');
    assert.ok(JSON.parse(evaluated.stdout).accuracy > 0.8, evaluated.stdout);
    const towards = ['--data', 'towards.csv', '--task', 'sentiment', '--entity', 'who', '--json'];
    const asked = await run('eval', '--model', 'run/bundle', ...towards);
    assert.equal(JSON.parse(asked.stdout).n, 90, asked.stderr);
  });

  it('gives the same bundle when it is killed and started again', async () => {
    const undisturbed = await read('run/bundle/SHA256SUMS');
    const life = start(['train', '--config', 'train.yaml', '--output', 'killed'], { cwd });
    await eventually(() => existsSync(join(cwd, 'killed/checkpoint/progress.json')));
    life.child.kill('SIGKILL');
    await life.ended;
    const { code, stderr } = await run('train', '--config', 'train.yaml', '--output', 'killed');
    assert.equal(code, 0, stderr);
    assert.equal(await read('killed/bundle/SHA256SUMS'), undisturbed);
    assert.equal(await read('killed/history.ndjson'), await read('run/history.ndjson'));
    await rm(join(cwd, 'killed'), { recursive: true });
  });

  it('goes on from a fine-tuned model, heads included, with data of one task', async () => {
    const settings = [
      '--start',
      'run/model',
      '--output',
      'more',
      '--set',
      'data=[{file: tone.csv, task: sentiment}]',
      '--set',
      'epochs=1',
    ];
    const { code, stdout, stderr } = await run('train', '--config', 'train.yaml', ...settings, '--json');
    assert.equal(code, 0, stderr);
    assert.ok(JSON.parse(stdout).test.sentiment.accuracy > 0.8);
    const config = JSON.parse(await read('more/bundle/config.json'));
    assert.deepEqual(config.heads.topic.labels, Object.keys(TOPICS));
  });

  it('goes on with masked words on unlabelled texts, and the result is a start for training', async () => {
    const options = [
      '--data',
      'tone.csv',
      'topic.csv',
      '--epochs',
      '2',
      '--held-out',
      '0.1',
      '--max-tokens',
      '32',
      '--threads',
      '1',
    ];
    const first = await run('pretrain', '--start', 'tiny', '--output', 'language', ...options, '--json');
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /324 texts to learn from, 36 held out/);
    const { best } = JSON.parse(first.stdout);
    const again = await run('pretrain', '--start', 'language/model', '--output', 'more-language', ...options, '--json');
    assert.ok(JSON.parse(again.stdout).best.loss < best.loss, 'the head goes on where it stood');
    const trained = await run(
      'train',
      '--config',
      'train.yaml',
      '--start',
      'language/model',
      '--output',
      'after',
      '--set',
      'epochs=1',
      '--json',
    );
    assert.equal(trained.code, 0, trained.stderr);
    const none = await run(
      'pretrain',
      '--start',
      'tiny',
      '--output',
      'none',
      '--data',
      'tone.csv',
      '--text',
      'nothing',
      '--max-tokens',
      '64',
    );
    assert.match(none.stderr, /names no column nothing/);
    assert.equal(none.code, 2);
  });

  it('distils a trained bundle into a fresh student of fewer layers, which is exported and answers as its teacher does', async () => {
    const teaching = [
      'distill',
      '--start',
      'tiny',
      '--teacher',
      'run/bundle',
      '--output',
      'student',
      '--entity',
      'who',
      '--layers',
      '1',
    ];
    const learning = ['--epochs', '12', '--learning-rate', '0.01', '--max-tokens', '32', '--threads', '1', '--held-out', '0.1'];
    const data = ['--data', 'towards.csv'];
    await write('more.csv', ['text,who', ...rowsOf(150, WORDS, (word, n) => `${filler(n + 500)} ${word}`).map(withoutLabel)]);
    const { code, stdout, stderr } = await run(...teaching, ...data, 'more.csv', ...learning, '--json');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /297 texts to learn from, 33 held out, 1 teachers/); // 90 texts, asked about a company and without, and 150
    assert.ok(JSON.parse(stdout).best.divergence < 0.5, stdout);
    assert.equal(JSON.parse(await readFile(join(cwd, 'student', 'model', 'config.json'), 'utf8')).num_hidden_layers, 1);
    const formats = ['onnx-int8', 'onnx-fp16', 'onnx-fp32', 'huggingface'];
    for (const format of formats) {
      const exported = await run('models', 'export', 'student/model', '--format', format, '--output', `as-${format}`);
      assert.equal(exported.code, 0, exported.stderr);
    }
    for (const format of formats.slice(0, 3)) {
      const verified = await run('models', 'verify', `as-${format}`);
      assert.equal(verified.code, 0, verified.stdout);
      const towards = ['--data', 'towards.csv', '--task', 'sentiment', '--entity', 'who', '--json'];
      const evaluated = await run('eval', '--model', `as-${format}`, ...towards);
      assert.ok(JSON.parse(evaluated.stdout).accuracy > 0.8, `${format}: ${evaluated.stdout}`);
    }
    const imported = await run('models', 'import', 'as-huggingface', '--name', 'learned', '--cache', 'cache');
    assert.equal(imported.code, 0, imported.stderr);
    const faults: readonly (readonly [RegExp, ...string[]])[] = [
      [/as-onnx-int8 is a bundle, which can only be served: export the model\/ folder/, 'as-onnx-int8', 'onnx-fp32', 'again'],
      [/as-huggingface has no heads/, 'as-huggingface', 'onnx-fp32', 'again'],
      [
        /student\/model exists already: choose another --output, or give --replace/,
        'student/model',
        'onnx-fp32',
        'student/model',
      ],
      [/There is no model "nothing"/, 'nothing', 'onnx-fp32', 'again'],
    ];
    for (const [message, model, format, target] of faults) {
      const outcome = await run('models', 'export', model ?? '', '--format', format ?? '', '--output', target ?? '');
      assert.match(outcome.stderr, message);
      assert.notEqual(outcome.code, 0);
    }
    const named = ['--config', 'train.yaml', '--start', 'learned', '--output', 'named', '--set', 'epochs=1', '--json'];
    const trained = await barograph(['train', ...named], { cwd, env: { BAROGRAPH_CACHE: join(cwd, 'cache') } });
    assert.equal(trained.code, 0, trained.stderr);
    const others = await run(...teaching, '--teacher', 'run/bundle', BUNDLE, ...data, ...learning);
    assert.match(others.stderr, /has other topics than .*: they cannot teach one student/);
    assert.equal(others.code, 2);
  });

  it('says what is wrong with its input, and leaves what was there alone', async () => {
    const bundle = await read('run/bundle/SHA256SUMS');
    await write('bad-label.csv', ['text,label', 'shares fall,negative', 'shares rise,superb']);
    await write('empty.csv', ['text,label']);
    await write('one-class.csv', ['text,label', ...rowsOf(20, { negative: 'fall' }, (word, n) => `${filler(n)} ${word}`)]);
    await write('contradiction.csv', ['text,label', 'shares fall,negative', 'shares  fall,positive', 'loans rise,positive']);
    const data = (file: string): string[] => ['--set', `data=[{file: ${file}, task: sentiment}, {file: topic.csv, task: topic}]`];
    const cases: readonly (readonly [RegExp, number, ...string[]])[] = [
      [
        /bad-label\.csv cannot be used: row 1: the label "superb" is none of negative, neutral, positive/,
        2,
        ...data('bad-label.csv'),
      ],
      [/empty\.csv cannot be used: there is no row/, 2, ...data('empty.csv')],
      [
        /towards\.csv cannot be used: no row has a field words/,
        2,
        '--set',
        'data=[{file: towards.csv, task: topic, text: words}]',
      ],
      [/rows with a sentiment label have the same one/, 2, ...data('one-class.csv')],
      [
        /1 texts stand with different labels.*contradiction\.csv row 0: negative; contradiction\.csv row 1: positive/s,
        2,
        ...data('contradiction.csv'),
      ],
      [/No row to train on has a topic label/, 2, '--set', 'data=[{file: tone.csv, task: sentiment}]'],
      [/max_tokens is 128, but this model takes 64/, 2, '--set', 'max_tokens=128'],
      [/epochs: expected a whole number of 1 to 1000, got "many"/, 2, '--set', 'epochs=many'],
      [/expected a known key .* did you mean epochs\?/, 2, '--set', 'epoch=2'],
      [/There is no model "nowhere" in .*, and no such folder/, 2, '--start', 'nowhere'],
      [
        /(The loss of|After) step \d+ .*E_TRAINING_DIVERGED/s,
        1,
        ...[
          '--output',
          'diverged',
          '--set',
          'optimizer={kind: sgd, learning_rate: 10, weight_decay: 0.9}',
          '--set',
          'max_grad_norm=1e9',
        ],
      ],
    ];
    for (const [message, code, ...args] of cases) {
      const outcome = await run('train', '--config', 'train.yaml', '--set', 'max_tokens=32', ...args);
      assert.match(outcome.stderr, message);
      assert.deepEqual([outcome.code, outcome.stdout], [code, ''], outcome.stderr);
    }
    assert.equal(await read('run/bundle/SHA256SUMS'), bundle);
  });
});
