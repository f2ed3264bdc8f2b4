import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { BarographError } from '../../src/domain/errors.ts';
import type { Notifier } from '../../src/notify/port.ts';
import { exampleAlert } from '../notify/alerts.ts';

/** How the channel behind a notifier behaves from now on. */
export type ChannelMode = 'ok' | 'busy' | 'error' | 'late' | 'reset' | 'gone' | 'missing' | 'redirect';

export interface Channel {
  readonly notifier: Notifier;
  /** What arrived, whole, as text. */
  arrived(): readonly string[];
  /** Puts the channel into a mode; a reason when it has no such mode. */
  become(mode: ChannelMode): string | undefined;
}

const FAILURES: readonly ChannelMode[] = ['busy', 'error', 'late', 'reset'];
const REFUSALS: readonly ChannelMode[] = ['gone', 'missing', 'redirect'];

/** What every `Notifier` must do. `open` makes a channel in mode `ok`; the notifier must give up on a late answer within a second. */
export function notifierContract(name: string, open: (t: TestContext) => Promise<Channel>): void {
  const never = new AbortController().signal;
  const once = { repeat: false, handle: undefined };

  test(`${name}: delivers what was opened, updated and resolved, each with its company and numbers`, async (t) => {
    const { notifier, arrived } = await open(t);
    const alert = exampleAlert();
    await notifier.deliver(alert, once, never);
    await notifier.deliver({ ...alert, updatedAt: alert.openedAt + 1 }, once, never);
    const resolvedAt = alert.openedAt + 7_200_000;
    await notifier.deliver({ ...alert, status: 'resolved', updatedAt: resolvedAt, resolvedAt }, once, never);
    assert.equal(arrived().length, 3);
    for (const text of arrived()) {
      assert.match(text, /about BA/);
      assert.match(text, /12 of 15 stories from 2026-11-24 13:05 UTC to 2026-11-24 14:05 UTC/);
      assert.match(text, /Boeing/);
    }
    assert.match(arrived()[2] ?? '', /calmed down/);
    await notifier.close();
  });

  test(`${name}: says that a delivery may be a repeat, with the alert's id`, async (t) => {
    const { notifier, arrived } = await open(t);
    await notifier.deliver(exampleAlert(), { repeat: true, handle: undefined }, never);
    assert.match(arrived()[0] ?? '', /repeat/);
    assert.match(arrived()[0] ?? '', /a1b2c3d4e5f6a1b2c3d4e5f6/);
    await notifier.close();
  });

  for (const mode of [...FAILURES, ...REFUSALS]) {
    const code = FAILURES.includes(mode) ? 'E_NOTIFY_FAILED' : 'E_NOTIFY_REFUSED';
    test(`${name}: rejects with ${code} when the channel is ${mode}, and delivers once it is well again`, {
      timeout: 10_000,
    }, async (t) => {
      const channel = await open(t);
      const reason = channel.become(mode);
      if (reason !== undefined) return t.skip(reason);
      await assert.rejects(channel.notifier.deliver(exampleAlert(), once, never), (error) => {
        assert.ok(error instanceof BarographError, String(error));
        assert.equal(error.code, code);
        assert.doesNotMatch(JSON.stringify([error.message, error.facts]), /s3cret/);
        if (mode === 'busy') assert.equal(error.facts.retryAfterMs, 7000);
        if (mode === 'late' || mode === 'reset') assert.equal(error.facts.uncertain, true);
        return true;
      });
      channel.become('ok');
      await channel.notifier.deliver(exampleAlert(), once, never);
      await channel.notifier.close();
    });
  }

  test(`${name}: rejects with the reason when it is aborted, before or meanwhile`, { timeout: 10_000 }, async (t) => {
    const channel = await open(t);
    const stopped = new Error('stopped');
    await assert.rejects(channel.notifier.deliver(exampleAlert(), once, AbortSignal.abort(stopped)), stopped);
    if (channel.become('late') === undefined) {
      const controller = new AbortController();
      const delivery = channel.notifier.deliver(exampleAlert(), once, controller.signal);
      setImmediate(() => controller.abort(stopped));
      await assert.rejects(delivery, stopped);
    }
    await channel.notifier.close();
  });

  test(`${name}: delivers any text that an alert may hold, and can be closed twice`, async (t) => {
    const { notifier, arrived } = await open(t);
    const alert = exampleAlert();
    const story = { ...alert.evidence.topStories[0]!, title: `\ud800${'<&>'.repeat(3000)}😀\u0000`, url: 'https://e.com/<>|' }; // the example has two
    const evidence = {
      ...alert.evidence,
      topStories: Array.from({ length: 100 }, () => story),
      words: Array.from({ length: 200 }, () => 'x'.repeat(100)),
    };
    await notifier.deliver({ ...alert, series: `topic:${'Fed | <b>'.repeat(300)}`, evidence }, once, never);
    await notifier.deliver({ ...alert, series: 'market' }, once, never);
    assert.equal(arrived().length, 2);
    await notifier.close();
    await notifier.close();
  });
}
