import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { BarographError } from '../../../src/domain/errors.ts';
import { loadBundle } from '../../../src/model/bundle/load-bundle.ts';
import { type BundleContents, writeBundle } from '../../../src/model/bundle/write-bundle.ts';
import { openClassifier } from '../../../src/model/serving/classifier.ts';
import type { Classifier } from '../../../src/model/serving/port.ts';
import { textsOfManyKinds } from '../../fixtures/model/texts-of-many-kinds.ts';

const bundle = join(import.meta.dirname, '../../../models/default');
const folder = mkdtempSync(join(tmpdir(), 'classifier-'));
let classifier: Classifier;
before(async () => {
  classifier = await openClassifier({ bundle, workers: 2, threads: 1 });
});
after(async () => {
  await classifier.close();
  rmSync(folder, { recursive: true });
});

const inputsOf = (texts: readonly string[]) => texts.map((text) => ({ text }));
const hasCode =
  (code: string, message = /./) =>
  (error: unknown) =>
    error instanceof BarographError && error.code === code && message.test(error.message);

test('tells good news from bad and finds the topic', async () => {
  const scores = await classifier.classify(
    inputsOf([
      'Shares plunge as the bank warns of heavy losses and cuts its dividend',
      'Profit more than doubles, beating estimates; shares surge to a record high',
      'Goldman Sachs files for an initial public offering of its unit',
      'The Federal Reserve raises interest rates by 25 basis points',
    ]),
  );
  assert.ok((scores[0]?.sentiment.negative ?? 0) > 0.6, JSON.stringify(scores[0]?.sentiment));
  assert.ok((scores[1]?.sentiment.positive ?? 0) > 0.6, JSON.stringify(scores[1]?.sentiment));
  assert.equal(scores[3]?.topics[0]?.label, 'Fed | Central Banks');
});

test('gives every topic once, by probability, rounded to 4 decimals', async () => {
  const [score] = await classifier.classify(inputsOf(['Oil prices rise 2% on supply fears']));
  assert.ok(score !== undefined);
  assert.deepEqual(score.topics.map(({ label }) => label).sort(), [...classifier.labels.topics].sort());
  const all = [...score.topics.map(({ p }) => p), ...Object.values(score.sentiment)];
  for (const p of all) assert.equal(p, Number(p.toFixed(4)));
  for (const [n, { p }] of score.topics.entries()) assert.ok(n === 0 || p <= (score.topics[n - 1]?.p ?? 0));
  assert.ok(Math.abs(Object.values(score.sentiment).reduce((a, b) => a + b) - 1) < 2e-4);
});

test('names its version after the bundle and its sums', () => {
  assert.match(classifier.version, /^default@[0-9a-f]{12}$/);
});

test('gives the same scores alone, batched, shuffled, in parallel calls, with 1 thread and with 2', async () => {
  const texts = textsOfManyKinds(300);
  const together = await classifier.classify(inputsOf(texts));
  const alone: unknown[] = [];
  for (const text of texts.slice(0, 60)) alone.push(...(await classifier.classify(inputsOf([text]))));
  assert.deepEqual(alone, together.slice(0, 60));
  const order = texts.map((_, n) => (n * 97) % texts.length); // 97 and 300 share no factor
  const shuffled = await Promise.all(
    [0, 1, 2, 3].map((part) => classifier.classify(inputsOf(order.filter((_, n) => n % 4 === part).map((n) => texts[n] ?? '')))),
  );
  for (const [part, scores] of shuffled.entries()) {
    const expected = order.filter((_, n) => n % 4 === part).map((n) => together[n]);
    assert.deepEqual(scores, expected);
  }
  const other = await openClassifier({ bundle, workers: 1, threads: 2, maxBatchTokens: 1500 });
  try {
    assert.deepEqual(await other.classify(inputsOf(texts)), together);
  } finally {
    await other.close();
  }
});

test('scores any string: empty, broken surrogates, emoji, right to left, script, 1 MB', async () => {
  const texts = [
    '',
    ' ',
    '\ud83d',
    '\udc00\ud800',
    '🚀'.repeat(300),
    'البنك المركزي',
    '<script>alert(1)</script>',
    'a'.repeat(1_000_000),
  ];
  const scores = await classifier.classify(
    inputsOf([...texts, `${'x '.repeat(1024)}${'markets '.repeat(125_000)}`, 'x '.repeat(1024)]),
  );
  for (const { sentiment } of scores) assert.ok(Number.isFinite(sentiment.negative + sentiment.neutral + sentiment.positive));
  assert.deepEqual(scores[0], scores[1]);
  assert.deepEqual(scores.at(-1), scores.at(-2));
});

test('answers a call of no texts', async () => {
  assert.deepEqual(await classifier.classify([]), []);
});

test('rejects with the reason of the signal, before and during a call, and goes on serving', async () => {
  const reason = new Error('enough');
  await assert.rejects(classifier.classify(inputsOf(['a']), AbortSignal.abort(reason)), reason);
  const controller = new AbortController();
  const call = classifier.classify(inputsOf(textsOfManyKinds(300)), controller.signal);
  controller.abort(reason);
  await assert.rejects(call, reason);
  assert.equal((await classifier.classify(inputsOf(['Stocks fall']))).length, 1);
});

test('keeps the event loop free while it scores', async () => {
  let scored = false;
  const call = classifier.classify(inputsOf(textsOfManyKinds(300))).finally(() => {
    scored = true;
  });
  let turns = 0;
  while (!scored) {
    await new Promise((resolve) => setImmediate(resolve));
    turns++;
  }
  await call;
  // A loop that waited for each batch would turn a few times a batch, of which there are some twenty.
  assert.ok(turns > 500, `${turns} turns`);
});

test('rejects what is in flight on close, can be closed twice, and takes no more calls', async () => {
  const other = await openClassifier({ bundle, workers: 1, threads: 1 });
  const call = assert.rejects(other.classify(inputsOf(textsOfManyKinds(100))), hasCode('E_MODEL_FAILED', /closed/));
  await Promise.all([other.close(), other.close()]);
  await call;
  await assert.rejects(other.classify(inputsOf(['a'])), hasCode('E_MODEL_FAILED', /closed/));
});

test('refuses a bundle whose model is no model, and one whose numbers are not finite', async () => {
  const whole = loadBundle(bundle);
  const open = (change: Partial<BundleContents>) => {
    const path = join(folder, 'changed');
    writeBundle(path, { ...whole, metrics: {}, card: '', ...change }, { replace: true });
    return openClassifier({ bundle: path, workers: 1 });
  };
  await assert.rejects(open({ model: Buffer.from('no model') }), hasCode('E_BUNDLE_INVALID', /cannot load the model/));
  await assert.rejects(open({ tokenizer: '{}' }), hasCode('E_BUNDLE_INVALID', /tokenizer/));
  await assert.rejects(open({ model: withNaN(whole.model) }), hasCode('E_BUNDLE_INVALID', /not finite/));
  cpSync(bundle, join(folder, 'whole'), { recursive: true });
  const again = await openClassifier({ bundle: join(folder, 'whole'), workers: 1 });
  assert.equal(again.version, classifier.version);
  await again.close();
});

/** The model with the gain of its first norm, 384 floats after the constant's name, turned to NaN. */
function withNaN(model: Uint8Array): Uint8Array {
  const copy = Buffer.from(model);
  const name = copy.lastIndexOf('embeddings.LayerNorm.gain');
  assert.ok(name > 0);
  const data = name + 'embeddings.LayerNorm.gain'.length + 3; // then the tag and the two bytes of the length
  for (let i = 0; i < 384; i++) copy.writeFloatLE(Number.NaN, data + 4 * i);
  return copy;
}
