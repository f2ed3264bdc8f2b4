import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import test, { type TestContext } from 'node:test';
import { consoleNotifier } from '../../src/notify/console.ts';
import type { Notifier } from '../../src/notify/port.ts';
import { slackMessage, slackWebhookNotifier } from '../../src/notify/slack-webhook.ts';
import { webhookNotifier } from '../../src/notify/webhook.ts';
import { type Channel, type ChannelMode, notifierContract } from '../contract/notifier.ts';
import { exampleAlert } from './alerts.ts';
import { type Answer, answeringServer, closedAddress } from './answering-server.ts';

const clock = { now: () => Date.UTC(2026, 10, 24, 15) };
const never = new AbortController().signal;
const once = { repeat: false, handle: undefined };

const ANSWERS: Readonly<Record<ChannelMode, Answer>> = {
  ok: { status: 200, body: 'ok' },
  busy: { status: 429, headers: { 'retry-after': '7' }, body: 'rate_limited' },
  error: { status: 500, body: 'oops\u0007' },
  late: 'never',
  reset: 'reset',
  gone: { status: 410, body: 'channel_is_archived' },
  missing: { status: 404, body: 'no_service' },
  redirect: { status: 302, headers: { location: 'https://example.com/' } },
};

const overHttp =
  (make: (url: string) => Notifier) =>
  async (t: TestContext): Promise<Channel> => {
    const server = await answeringServer(t);
    return {
      notifier: make(server.url),
      arrived: () => server.received.map(({ body }) => body),
      become(mode) {
        server.answers = [ANSWERS[mode]];
        return undefined;
      },
    };
  };

const slack = (url: string): Notifier => slackWebhookNotifier({ name: 'slack', webhookUrl: url, timeoutMs: 300, clock });
const webhook = (url: string): Notifier =>
  webhookNotifier({ name: 'ops', url, headers: { authorization: 'Bearer s3cret' }, secret: 'k', timeoutMs: 300, clock });

notifierContract('slack', overHttp(slack));
notifierContract('webhook', overHttp(webhook));
notifierContract('console', async () => {
  const written: string[] = [];
  let failure: Error | undefined;
  const sink = {
    write(text: string, done: (error?: Error | null) => void): void {
      if (failure === undefined) written.push(text);
      queueMicrotask(() => done(failure));
    },
  };
  return {
    notifier: consoleNotifier('console', sink),
    arrived: () => written,
    become(mode) {
      failure = mode === 'ok' ? undefined : new Error('EPIPE');
      return mode === 'ok' || mode === 'error' ? undefined : `a stream is never ${mode}`;
    },
  };
});

test('waits until the date that a busy channel names', async (t) => {
  const server = await answeringServer(t);
  server.answers = [{ status: 503, headers: { 'retry-after': 'Tue, 24 Nov 2026 15:00:30 GMT' } }];
  const notifier = slack(server.url);
  await assert.rejects(notifier.deliver(exampleAlert(), once, never), (error) => {
    assert.equal((error as { facts: Record<string, unknown> }).facts.retryAfterMs, 30_000);
    return true;
  });
  await notifier.close();
});

test('marks nothing as uncertain when no connection was made', async () => {
  const notifier = webhook(await closedAddress());
  await assert.rejects(notifier.deliver(exampleAlert(), once, never), {
    code: 'E_NOTIFY_FAILED',
    facts: { notifier: 'ops', uncertain: false },
  });
  await notifier.close();
});

test('webhook: sends the alert as JSON with a key that repeats share and a signature of the body', async (t) => {
  const server = await answeringServer(t);
  const notifier = webhook(server.url);
  const alert = exampleAlert();
  await notifier.deliver(alert, once, never);
  await notifier.deliver(alert, { ...once, repeat: true }, never);
  await notifier.deliver({ ...alert, updatedAt: alert.updatedAt + 1 }, once, never);
  const stronger = { ...alert.evidence, observed: { ...alert.evidence.observed, negative: 99 } };
  await notifier.deliver({ ...alert, evidence: stronger }, once, never);
  const [first, again, next, sameInstant] = server.received;
  assert.ok(first !== undefined && again !== undefined && next !== undefined);
  assert.notEqual(first.headers['idempotency-key'], sameInstant?.headers['idempotency-key']);
  assert.equal(first.headers['idempotency-key'], again.headers['idempotency-key']);
  assert.notEqual(first.headers['idempotency-key'], next.headers['idempotency-key']);
  assert.equal(first.headers['x-barograph-signature'], `sha256=${createHmac('sha256', 'k').update(first.body).digest('hex')}`);
  assert.equal(first.headers.authorization, 'Bearer s3cret');
  const body = JSON.parse(first.body);
  assert.deepEqual(
    [body.event, body.repeat, body.alert.openedAt, body.alert.evidence.observed.negative],
    ['alert.opened', false, '2026-11-24T14:05:00.000Z', 12],
  );
  assert.deepEqual([JSON.parse(next.body).event, JSON.parse(again.body).repeat], ['alert.updated', true]);
  await notifier.close();
});

test('slack: escapes headlines, so that they mention nobody and link only where the story does', () => {
  const text = JSON.stringify(slackMessage(exampleAlert(), once));
  assert.doesNotMatch(text, /<!channel>|<b>|javascript:|\\u001b/);
  assert.ok(
    text.includes('<https://example.com/a?x=1&amp;y=2%7Cz|Boeing &lt;b&gt;grounds&lt;/b&gt; &amp; &lt;!channel&gt; 737>'),
  );
});

test('slack: keeps to the limits of Block Kit, without cutting an escape', () => {
  const alert = exampleAlert();
  const story = { ...alert.evidence.topStories[0]!, title: '&'.repeat(5000), url: `https://e.com/${'x'.repeat(4000)}` }; // the example has two
  const evidence = {
    ...alert.evidence,
    topStories: Array.from({ length: 200 }, () => story),
    words: Array.from({ length: 50 }, () => '&'.repeat(400)),
  };
  const { blocks, text } = slackMessage({ ...alert, series: `topic:${'x'.repeat(500)}`, evidence }, { ...once, repeat: true });
  assert.ok(blocks.length <= 50);
  for (const block of blocks) {
    assert.ok((block.text?.text.length ?? 0) <= (block.type === 'header' ? 150 : 3000));
    assert.doesNotMatch(block.text?.type === 'mrkdwn' ? block.text.text : '', /&(?!amp;|lt;|gt;)/);
  }
  assert.ok(text.length <= 3000);
});

test('console: prints a block that a terminal cannot be tricked by', async () => {
  const written: string[] = [];
  const notifier = consoleNotifier('console', {
    write(text, done) {
      written.push(text);
      done();
    },
  });
  await notifier.deliver(exampleAlert(), once, never);
  assert.equal(
    written.join(''),
    `CRITICAL  Bad news piles up about BA
  12 of 15 stories from 2026-11-24 13:05 UTC to 2026-11-24 14:05 UTC are negative; this series’ own history leads one to expect 2.1, or 14 %.
  Words: crash, grounded
  - Boeing <b>grounds</b> & <!channel> 737 (negative 0.98, wire, 3 articles) https://example.com/a?x=1&y=2|z
  - Second [31m story (negative 0.90, b, 1 article)
  Opened 2026-11-24 14:05 UTC; alert a1b2c3d4e5f6a1b2c3d4e5f6
`,
  );
});
