import assert from 'node:assert/strict';
import test from 'node:test';
import { guardedLookup, isPublicAddress } from '../../src/feeds/address-guard.ts';

test('takes only public unicast addresses for public', () => {
  for (const address of ['8.8.8.8', '1.1.1.1', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808'])
    assert.equal(isPublicAddress(address), true, address);
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '192.0.2.1',
    '198.18.0.1',
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:a00:1',
    '::7f00:1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'nonsense',
    '',
  ]) {
    assert.equal(isPublicAddress(address), false, address);
  }
});

test('refuses a name when any of its addresses is private, so that none can slip in by order', async () => {
  const resolve = (addresses: string[]) =>
    guardedLookup((_host, _options, done) =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      ),
    );
  const ask = (addresses: string[], all: boolean): Promise<unknown> =>
    new Promise((settle, reject) =>
      resolve(addresses)('feed.example', { all }, (error, found) => (error === null ? settle(found) : reject(error))),
    );
  assert.equal(await ask(['8.8.8.8', '1.1.1.1'], false), '8.8.8.8');
  assert.deepEqual(await ask(['8.8.8.8'], true), [{ address: '8.8.8.8', family: 4 }]);
  await assert.rejects(ask(['8.8.8.8', '10.0.0.1'], true), { code: 'E_FEED_FORBIDDEN' });
  await assert.rejects(ask(['::1'], false), { code: 'E_FEED_FORBIDDEN' });
  await assert.rejects(ask([], false), /no address/);
});
