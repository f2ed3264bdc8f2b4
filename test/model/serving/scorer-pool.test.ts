import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { BarographError } from '../../../src/domain/errors.ts';
import { loadBundle } from '../../../src/model/bundle/load-bundle.ts';
import { openScorerPool } from '../../../src/model/serving/scorer-pool.ts';

const bundle = loadBundle(join(import.meta.dirname, '../../../models/default'));
const options = { bundle, threads: 1, threadsAlone: 1, maxBatchTokens: 512 };
const script = new URL('../../fixtures/model/crashing-scorer.ts', import.meta.url);
const pool = openScorerPool(1, options, script);
after(() => pool.close());

const inputs = (...texts: string[]) => texts.map((text) => ({ text }));
const never = new AbortController().signal;
const failed = (message: RegExp) => (error: unknown) =>
  error instanceof BarographError && error.code === 'E_MODEL_FAILED' && error.retryable && message.test(error.message);

for (const [how, message] of [
  ['exit', /ended with code 3/],
  ['throw', /died: out of memory/],
] as const) {
  test(`rejects what a dying thread held (${how}) as retryable, and starts another for the next texts`, async () => {
    const [first, second] = [pool.score(inputs(how), never, false), pool.score(inputs('held behind it'), never, false)];
    const queued = pool.score(inputs('waiting'), never, false);
    await assert.rejects(first, failed(message));
    await assert.rejects(second, failed(message));
    assert.deepEqual(await queued, Float64Array.of(7));
    assert.deepEqual(await pool.score(inputs('four', 'a'), never, false), Float64Array.of(4, 1));
  });
}

test('rejects only the batch that failed when the thread lives', async () => {
  const [bad, good] = [pool.score(inputs('fail'), never, false), pool.score(inputs('good'), never, false)];
  await assert.rejects(bad, failed(/this batch/));
  assert.deepEqual(await good, Float64Array.of(4));
});

test('drops texts whose caller has gone before a thread was free', async () => {
  const controller = new AbortController();
  const busy = [pool.score(inputs('a'), never, false), pool.score(inputs('b'), never, false)];
  const dropped = pool.score(inputs('exit'), controller.signal, false);
  controller.abort(new Error('gone'));
  await assert.rejects(dropped, /gone/);
  await Promise.all(busy);
});

test('rejects on close what a hanging thread holds', async () => {
  const hanging = openScorerPool(1, options, script);
  await hanging.ready();
  const call = hanging.score(inputs('hang'), never, false);
  await Promise.all([hanging.close(), assert.rejects(call, failed(/closed/))]);
});

test('gives every core to a request that is all its caller asks for, while no other is being scored', async () => {
  const scored = async (...asked: readonly (readonly [string, boolean])[]): Promise<number[]> =>
    (await Promise.all(asked.map(([text, alone]) => pool.score(inputs(text), never, alone)))).map(([row]) => row ?? 0);
  assert.deepEqual(await scored(['lone', true]), [-4]);
  assert.deepEqual(await scored(['part', false]), [4]);
  assert.deepEqual(await scored(['lone', true], ['busy', true]), [-4, 4]);
});
