import assert from 'node:assert/strict';
import test from 'node:test';
import { BarographError } from '../../src/domain/errors.ts';
import type { DeliveryContext, Notifier } from '../../src/notify/port.ts';
import { retrying } from '../../src/notify/retrying.ts';
import { slackWebhookNotifier } from '../../src/notify/slack-webhook.ts';
import { exampleAlert } from './alerts.ts';
import { answeringServer } from './answering-server.ts';

const never = new AbortController().signal;
const once = { repeat: false, handle: undefined };
const failure = (facts = {}): BarographError => new BarographError('E_NOTIFY_FAILED', 'failed', { facts });

/** A notifier that fails as told, and a clock that waiting moves on. */
function world(outcomes: (Error | 'ok')[], random = 0) {
  const contexts: DeliveryContext[] = [];
  const waits: number[] = [];
  let now = 1000;
  let closed = 0;
  const inner: Notifier = {
    name: 'inner',
    async deliver(_alert, context) {
      contexts.push(context);
      const outcome = outcomes.length > 1 ? outcomes.shift() : outcomes[0];
      if (outcome instanceof Error) throw outcome;
      return 'handle';
    },
    async close() {
      closed++;
    },
  };
  const notifier = retrying(inner, {
    clock: { now: () => now },
    random: () => random,
    wait: async (ms) => {
      waits.push(ms);
      now += ms;
    },
  });
  return { notifier, contexts, waits, closes: () => closed };
}

test('tries a failed delivery again, with waits that double, and returns its handle', async () => {
  const w = world([failure(), failure(), failure(), 'ok']);
  assert.equal(await w.notifier.deliver(exampleAlert(), once, never), 'handle');
  assert.deepEqual(w.waits, [1000, 2000, 4000]);
});

test('waits as long as the channel asks, and shortens its own waits by chance', async () => {
  const w = world([failure({ retryAfterMs: 7000 }), failure(), 'ok'], 1);
  await w.notifier.deliver(exampleAlert(), once, never);
  assert.deepEqual(w.waits, [7000, 1000]);
});

test('gives up after its attempts, or when the deadline would pass, with the last failure', async () => {
  const last = failure({ status: 500 });
  const w = world([failure(), failure(), failure(), failure(), failure(), last]);
  await assert.rejects(w.notifier.deliver(exampleAlert(), once, never), last);
  assert.equal(w.contexts.length, 6);
  const asked = failure({ retryAfterMs: 3_600_000 });
  const late = world([asked]);
  await assert.rejects(late.notifier.deliver(exampleAlert(), once, never), asked);
  assert.deepEqual([late.contexts.length, late.waits], [1, []]);
});

test('never tries again what was refused, or a bug', async () => {
  for (const error of [new BarographError('E_NOTIFY_REFUSED', 'no'), new TypeError('bug')]) {
    const w = world([error]);
    await assert.rejects(w.notifier.deliver(exampleAlert(), once, never), error);
    assert.equal(w.contexts.length, 1);
  }
});

test('marks an attempt as a possible repeat after one whose outcome is not known', async () => {
  const w = world([failure(), failure({ uncertain: true }), failure(), 'ok']);
  await w.notifier.deliver(exampleAlert(), once, never);
  assert.deepEqual(
    w.contexts.map(({ repeat }) => repeat),
    [false, false, true, true],
  );
});

test('ends a wait at once when it is aborted', { timeout: 5000 }, async (t) => {
  const server = await answeringServer(t);
  server.answers = [{ status: 429, headers: { 'retry-after': '100' } }];
  const clock = { now: () => 0 };
  const notifier = retrying(slackWebhookNotifier({ name: 's', webhookUrl: server.url, timeoutMs: 1000, clock }), {
    clock,
    random: () => 0,
  });
  const controller = new AbortController();
  const stopped = new Error('stopped');
  const delivery = notifier.deliver(exampleAlert(), once, controller.signal);
  const watch = setInterval(() => server.received.length === 1 && controller.abort(stopped), 5);
  t.after(() => clearInterval(watch));
  await assert.rejects(delivery, stopped);
  await notifier.close();
});

test('delivers to a real server that is busy first and resets then', { timeout: 5000 }, async (t) => {
  const server = await answeringServer(t);
  server.answers = [{ status: 429, headers: { 'retry-after': '0' } }, 'reset', { status: 200 }];
  const clock = { now: () => 0 };
  const notifier = retrying(slackWebhookNotifier({ name: 's', webhookUrl: server.url, timeoutMs: 1000, clock }), {
    clock,
    random: () => 0,
    wait: async () => undefined,
  });
  await notifier.deliver(exampleAlert(), once, never);
  assert.deepEqual(
    server.received.map(({ body }) => body.includes('repeat')),
    [false, false, true],
  );
  await notifier.close();
});

test('closes what it wraps', async () => {
  const w = world(['ok']);
  await w.notifier.close();
  assert.equal(w.closes(), 1);
});
