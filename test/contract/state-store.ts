import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Clock } from '../../src/domain/clock.ts';
import type { StateStore } from '../../src/store/state-port.ts';

export interface StatePlace {
  open(clock: Clock): Promise<StateStore>;
  remove(): Promise<void>;
}

/** What every state store must do. Run it with a fresh place a test. */
export function stateStoreContract(name: string, makePlace: () => Promise<StatePlace>): void {
  describe(`state store: ${name}`, { timeout: 60_000 }, () => {
    let place: StatePlace;
    let store: StateStore;
    let now = 1_000;
    const clock: Clock = { now: () => now };

    beforeEach(async () => {
      now = 1_000;
      place = await makePlace();
      store = await place.open(clock);
    });
    afterEach(async () => {
      await store.close();
      await place.remove();
    });

    it('keeps a record until it is deleted, also when it is opened again', async () => {
      await store.put('feed/a', '{"x":1}');
      await store.close();
      store = await place.open(clock);
      assert.equal((await store.get('feed/a'))?.value, '{"x":1}');
      await store.delete('feed/a');
      assert.equal(await store.get('feed/a'), undefined);
    });

    it('writes only on what it expects', async () => {
      const first = await store.put('k', '1', { expect: 'absent' });
      assert.ok(first !== undefined);
      assert.equal(await store.put('k', '2', { expect: 'absent' }), undefined);
      const second = await store.put('k', '2', { expect: first });
      assert.ok(second !== undefined && second !== first);
      assert.equal(await store.put('k', '3', { expect: first }), undefined);
      assert.equal((await store.get('k'))?.value, '2');
    });

    it('lets exactly one of many take a lease, and another once it expired', async () => {
      const taken = await Promise.all(
        ['a', 'b', 'c'].map((owner) => store.put('lease', owner, { expect: 'absent', expiresAt: now + 10 })),
      );
      assert.equal(taken.filter((revision) => revision !== undefined).length, 1);
      now += 9;
      assert.equal(await store.put('lease', 'd', { expect: 'absent', expiresAt: now + 10 }), undefined);
      now += 1;
      assert.ok((await store.put('lease', 'd', { expect: 'absent', expiresAt: now + 10 })) !== undefined);
      assert.equal((await store.get('lease'))?.value, 'd');
    });

    it('does not accept a revision that was used before the record was deleted', async () => {
      const first = await store.put('k', '1');
      await store.delete('k');
      await store.put('k', '2');
      assert.equal(await store.put('k', '3', { expect: first ?? '' }), undefined);
    });

    it('lists live records of a prefix by key', async () => {
      await store.put('feed/b', '1');
      await store.put('feed/a', '2');
      await store.put('feed/old', '3', { expiresAt: now + 1 });
      await store.put('feedback', '4');
      await store.put('feed/%_', '5');
      now += 1;
      assert.deepEqual(
        (await store.list('feed/')).map(({ key }) => key),
        ['feed/%_', 'feed/a', 'feed/b'],
      );
    });

    it('replaces a blob whole', async () => {
      assert.equal(await store.getBlob('snapshot'), undefined);
      await store.putBlob('snapshot', new Uint8Array([1, 2, 3]));
      await store.putBlob('snapshot', new Uint8Array([0, 255]));
      assert.deepEqual([...((await store.getBlob('snapshot')) ?? [])], [0, 255]);
    });
  });
}
