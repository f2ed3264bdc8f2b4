import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type NotifyDeps, notifyPipeline } from '../../pipelines/notify.ts';
import { supervise } from '../../pipelines/pipeline.ts';
import { BarographError } from '../../src/domain/errors.ts';
import type { Alert } from '../../src/domain/trends.ts';
import { decodeDeadLetter, encodeAlert } from '../../src/domain/wire.ts';
import type { DeliveryContext, Notifier } from '../../src/notify/port.ts';
import { MemoryStateStore } from '../../src/store/memory-state.ts';
import { eventually } from '../eventually.ts';
import { exampleAlert } from '../notify/alerts.ts';
import { isDone, memorySystem, quiet, runUntil, valuesOf } from './memory-system.ts';

interface Channel extends Notifier {
  readonly told: { readonly alert: Alert; readonly context: DeliveryContext }[];
}

/** A channel that remembers what it was told, and takes it if `take` does not reject. */
function channel(name: string, take: (signal: AbortSignal) => Promise<void> = async () => undefined): Channel {
  const told: Channel['told'] = [];
  return {
    name,
    told,
    deliver: async (alert, context, signal) => {
      await take(signal);
      told.push({ alert, context });
      return `message ${told.length}`;
    },
    close: async () => undefined,
  };
}

function depsWith(notifiers: readonly Notifier[], states = new MemoryStateStore()): NotifyDeps {
  return { ...memorySystem('notify'), states, notifiers };
}

async function tell(deps: NotifyDeps, ...states: readonly { version: number; alert: Alert }[]): Promise<void> {
  await deps.log.append(
    'alerts',
    states.map((state) => ({ key: state.alert.id, value: encodeAlert(state) })),
  );
  await runUntil(notifyPipeline(deps), () => isDone(deps.log, 'alerts', 'notify'));
}

const opened = { version: 7, alert: exampleAlert() };
const resolved = { version: 9, alert: exampleAlert({ status: 'resolved', resolvedAt: exampleAlert().openedAt + 1 }) };

describe('notify', () => {
  it('tells every channel of every state of an alert once, and gives it the handle of the message before', async () => {
    const channels = [channel('slack'), channel('webhook')];
    const deps = depsWith(channels);
    await tell(deps, opened, opened, resolved);
    for (const { told } of channels) {
      assert.deepEqual(told, [
        { alert: opened.alert, context: { repeat: false, handle: undefined } },
        { alert: resolved.alert, context: { repeat: false, handle: 'message 1' } },
      ]);
    }
  });

  it('keeps in the dead-letter log what one channel refuses, and tells the other', async () => {
    const refusing = channel('slack', async () => {
      throw new BarographError('E_NOTIFY_REFUSED', 'slack answered 404.');
    });
    const other = channel('webhook');
    const deps = depsWith([refusing, other]);
    await tell(deps, opened);
    assert.equal(other.told.length, 1);
    const [letter] = (await valuesOf(deps.log, 'dead-letter')).map(decodeDeadLetter);
    assert.deepEqual(
      [letter?.stage, letter?.code, letter?.origin, letter?.reason, letter?.requeueTo],
      ['notify', 'E_NOTIFY_REFUSED', 'alerts/0/0 to slack', 'slack answered 404.', 'alerts'],
    );
    assert.equal(letter?.payload, encodeAlert(opened));
  });

  it('tells only the channel that refused when the dead letter is requeued, as a possible repeat', async () => {
    let refuses = true;
    const mended = channel('slack', async () => {
      if (refuses) throw new BarographError('E_NOTIFY_REFUSED', 'slack answered 404.');
    });
    const other = channel('webhook');
    const deps = depsWith([mended, other]);
    await tell(deps, opened);
    refuses = false;
    await tell(deps, opened);
    assert.deepEqual(
      mended.told.map(({ context }) => context.repeat),
      [true],
    );
    assert.equal(other.told.length, 1);
  });

  it('keeps a record that cannot be read in the dead-letter log, and goes on', async () => {
    const slack = channel('slack');
    const deps = depsWith([slack]);
    await deps.log.append('alerts', [{ key: 'k', value: '{"version":1}' }]);
    await tell(deps, opened);
    assert.equal(slack.told.length, 1);
    const [letter] = (await valuesOf(deps.log, 'dead-letter')).map(decodeDeadLetter);
    assert.deepEqual([letter?.stage, letter?.code], ['notify', 'E_RECORD_INVALID']);
  });

  it('delivers again, as a possible repeat, what was under way when it was stopped', async () => {
    let attempts = 0;
    const hanging = channel('slack', async (signal) => {
      attempts += 1;
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
    });
    const deps = depsWith([hanging]);
    await deps.log.append('alerts', [{ key: 'k', value: encodeAlert(opened) }]);
    await runUntil(notifyPipeline(deps), () => attempts === 1);
    assert.deepEqual(await valuesOf(deps.log, 'dead-letter'), []);

    const answering = channel('slack');
    await tell({ ...deps, notifiers: [answering] });
    assert.deepEqual(answering.told, [{ alert: opened.alert, context: { repeat: true, handle: undefined } }]);
  });

  it('blames no channel when its own store is away, and tells after it is back', async () => {
    class FailingStates extends MemoryStateStore {
      failures = 1;
      override async put(...args: Parameters<MemoryStateStore['put']>): Promise<string | undefined> {
        if (this.failures-- > 0) throw new BarographError('E_STORE_UNAVAILABLE', 'The store is away.');
        return super.put(...args);
      }
    }
    const slack = channel('slack');
    const deps = depsWith([slack], new FailingStates());
    await deps.log.append('alerts', [{ key: 'k', value: encodeAlert(opened) }]);
    const stop = new AbortController();
    const running = supervise(notifyPipeline(deps), quiet, stop.signal);
    await eventually(() => isDone(deps.log, 'alerts', 'notify'));
    stop.abort();
    await running;
    assert.equal(slack.told.length, 1);
    assert.deepEqual(await valuesOf(deps.log, 'dead-letter'), []);
  });
});
