import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Delivery, EventLog, Subscription } from '../../src/log/port.ts';
import { pull } from '../../src/log/pull.ts';
import { eventually } from '../eventually.ts';

/** One place that logs are opened in: opening again sees what was appended and committed before. */
export interface LogPlace {
  open(): Promise<EventLog>;
  remove(): Promise<void>;
}

/** What every event log must do. Run it with a fresh place a test. */
export function eventLogContract(name: string, makePlace: () => Promise<LogPlace>): void {
  describe(`event log: ${name}`, { timeout: 60_000 }, () => {
    let place: LogPlace;
    let log: EventLog;
    const never = new AbortController().signal;

    beforeEach(async () => {
      place = await makePlace();
      log = await place.open();
    });
    afterEach(async () => {
      await log.close();
      await place.remove();
    });

    const fill = (values: readonly string[], key = 'k'): Promise<void> =>
      log.append(
        'news.raw',
        values.map((value) => ({ key, value })),
      );

    async function take(subscription: Subscription, count: number): Promise<Delivery[]> {
      const taken: Delivery[] = [];
      const signal = AbortSignal.timeout(20_000);
      while (taken.length < count) {
        const more = await subscription.next(count - taken.length, signal);
        assert.ok(more.length > 0, `only ${taken.length} of ${count} records came`);
        taken.push(...more);
      }
      return taken;
    }

    const values = (deliveries: readonly Delivery[]): string[] => deliveries.map(({ record }) => record.value);

    it('gives a group the records of one key in the order in which they were appended', async () => {
      await fill(['a', 'b']);
      await fill(['c']);
      const subscription = await log.subscribe('news.raw', 'g');
      assert.deepEqual(values(await take(subscription, 3)), ['a', 'b', 'c']);
    });

    it('waits for records that are appended later', async () => {
      const subscription = await log.subscribe('news.raw', 'g');
      const waiting = take(subscription, 1);
      await fill(['later']);
      assert.deepEqual(values(await waiting), ['later']);
    });

    it('gives each group all records', async () => {
      await fill(['a', 'b']);
      for (const group of ['g', 'h']) {
        assert.deepEqual(values(await take(await log.subscribe('news.raw', group), 2)), ['a', 'b']);
      }
    });

    it('resumes after what was acknowledged when the log is opened again', async () => {
      await fill(['a', 'b', 'c']);
      const deliveries = await take(await log.subscribe('news.raw', 'g'), 3);
      deliveries[0]?.ack();
      deliveries[1]?.ack();
      await log.close();
      log = await place.open();
      assert.deepEqual(values(await take(await log.subscribe('news.raw', 'g'), 1)), ['c']);
    });

    it('delivers again what was not acknowledged', async () => {
      await fill(['a', 'b']);
      const first = await log.subscribe('news.raw', 'g');
      await take(first, 2);
      await first.close();
      assert.deepEqual(values(await take(await log.subscribe('news.raw', 'g'), 2)), ['a', 'b']);
    });

    it('moves a position only up to the first gap, whatever the order of acknowledgements', async () => {
      await fill(['a', 'b', 'c', 'd']);
      const first = await log.subscribe('news.raw', 'g');
      const deliveries = await take(first, 4);
      for (const index of [3, 1, 0]) deliveries[index]?.ack();
      await first.commit();
      await first.close();
      assert.deepEqual(values(await take(await log.subscribe('news.raw', 'g'), 2)), ['c', 'd']);
    });

    it('takes acknowledgements twice, and after the subscription is closed, without effect', async () => {
      await fill(['a', 'b']);
      const first = await log.subscribe('news.raw', 'g');
      const [a, b] = await take(first, 2);
      a?.ack();
      a?.ack();
      await first.close();
      await first.close();
      b?.ack();
      assert.deepEqual(values(await take(await log.subscribe('news.raw', 'g'), 1)), ['b']);
    });

    it('lets one member of a group read and hands over when it closes', async () => {
      await fill(['a']);
      const owner = await log.subscribe('news.scored', 'g');
      const standby = await log.subscribe('news.scored', 'g');
      await log.append('news.scored', [{ key: 'k', value: 'one' }]);
      const [one] = await take(owner, 1);
      const waiting = take(standby, 1);
      one?.ack();
      await owner.close();
      await log.append('news.scored', [{ key: 'k', value: 'two' }]);
      assert.deepEqual(values(await waiting), ['two']);
    });

    it('begins where its reader says, and does not move the position of the group back', async () => {
      await log.append(
        'news.scored',
        ['a', 'b', 'c', 'd'].map((value) => ({ key: 'k', value })),
      );
      const first = await log.subscribe('news.scored', 'g');
      for (const { ack } of await take(first, 3)) ack();
      await first.close();
      const second = await log.subscribe('news.scored', 'g', { startAt: async () => 1 });
      const again = await take(second, 3);
      assert.deepEqual(values(again), ['b', 'c', 'd']);
      again[0]?.ack();
      await second.close();
      assert.equal((await log.positions('news.scored', 'g')).get(0), 3);
    });

    it('reads the recorded past without a group', async () => {
      await log.append(
        'news.scored',
        ['a', 'b', 'c'].map((value) => ({ key: 'k', value })),
      );
      const read: string[] = [];
      for await (const chunk of log.read('news.scored', 0, 1)) read.push(...chunk.map(({ value }) => value));
      assert.deepEqual(read, ['b', 'c']);
    });

    it('follows what is appended, when asked to, until it is aborted', async () => {
      const scored = (value: string): Promise<void> => log.append('news.scored', [{ key: 'k', value }]);
      await scored('a');
      const stop = new AbortController();
      const read: string[] = [];
      const following = (async () => {
        for await (const chunk of log.read('news.scored', 0, 0, stop.signal)) read.push(...chunk.map(({ value }) => value));
      })();
      await eventually(() => read.length === 1);
      await scored('b');
      await eventually(() => read.length === 2);
      stop.abort();
      await following;
      assert.deepEqual(read, ['a', 'b']);
    });

    it('knows the range of a topic and the position of a group, for the lag', async () => {
      assert.deepEqual(
        (await log.ranges('news.scored')).map(({ next }) => next),
        [0],
      );
      await log.append('news.scored', [
        { key: 'k', value: 'a' },
        { key: 'k', value: 'b' },
      ]);
      const subscription = await log.subscribe('news.scored', 'g');
      const [first] = await take(subscription, 2);
      first?.ack();
      await subscription.commit();
      assert.deepEqual(
        (await log.ranges('news.scored')).map(({ next }) => next),
        [2],
      );
      assert.equal((await log.positions('news.scored', 'g')).get(0), 1);
      assert.equal((await log.positions('news.scored', 'nobody')).get(0), 0);
    });

    it('never has more in flight than pull allows, and goes on as acknowledgements come', async () => {
      await fill(Array.from({ length: 100 }, (_, index) => `v${index}`));
      const subscription = await log.subscribe('news.raw', 'g');
      const stop = new AbortController();
      const inFlight: Delivery[] = [];
      let most = 0;
      let done = 0;
      const stream = pull(subscription, { maxInFlight: 7, maxBatch: 3, stop: stop.signal });
      const finished = new Promise<void>((resolve, reject) => {
        stream.subscribe({
          next: (delivery) => {
            inFlight.push(delivery);
            most = Math.max(most, inFlight.length);
          },
          error: reject,
          complete: resolve,
        });
      });
      while (done < 100) {
        await eventually(() => inFlight.length > 0);
        inFlight.shift()?.ack();
        done += 1;
      }
      stop.abort();
      await finished;
      assert.equal(most, 7);
      await subscription.close();
      assert.equal(
        [...(await log.positions('news.raw', 'g')).values()].reduce((a, b) => a + b),
        100,
      );
    });

    it('ends a wait when it is aborted, and when it is closed', async () => {
      const subscription = await log.subscribe('news.raw', 'g');
      assert.deepEqual(await subscription.next(1, AbortSignal.timeout(50)), []);
      const waiting = subscription.next(1, never);
      await subscription.close();
      assert.deepEqual(await waiting, []);
    });

    it('keeps any text as it was', async () => {
      const odd = ['', 'é😀‮', 'a\n"b"\\', '\u0000x'];
      await fill(odd);
      assert.deepEqual(values(await take(await log.subscribe('news.raw', 'g'), odd.length)), odd);
    });
  });
}
