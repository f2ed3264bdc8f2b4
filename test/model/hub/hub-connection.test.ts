import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BarographError } from '../../../src/domain/errors.ts';
import { connectHub } from '../../../src/model/hub/hub-connection.ts';
import { closedAddress } from '../../notify/answering-server.ts';
import { withHub } from './hub-world.ts';
import { tinyRepository } from './tiny-repository.ts';

const tiny = await tinyRepository();
const LISTING = '/api/models';
const redirect = (on: string, location: string, status = 302) => ({ on, status, headers: { location } });

describe('the hub', () => {
  it('gets the token, the hosts that it redirects to do not', () =>
    withHub(tiny, async (world) => {
      world.server.token = 'hf_secret';
      await world.pull('main', { token: 'hf_secret' });
      for (const { host, authorization } of world.server.requests)
        assert.equal(authorization, host === 'hub' ? 'Bearer hf_secret' : undefined);
      assert.ok(world.server.requests.some(({ host }) => host === 'storage'));
    }));

  it('says what to do when it needs a token, refuses one, or has no such model', async () => {
    const cases = [
      { answer: { status: 401 }, message: /no such model, or it is private or gated \(HTTP 401\)\. Set HF_TOKEN/ },
      { answer: { status: 401 }, token: 'hf_x', message: /does not accept the token/ },
      {
        answer: { status: 403, headers: { 'x-error-code': 'GatedRepo', 'x-error-message': 'Accept\tthe terms.' } },
        message: /HTTP 403.*HF_TOKEN.*the hub says: Accept the terms\)/,
      },
      { answer: { status: 403 }, token: 'hf_x', message: /Ask for access, or accept the terms.*account of the token/ },
      {
        answer: { status: 404, headers: { 'x-error-code': 'RevisionNotFound' } },
        message: /acme\/tiny@main: the model has no such revision/,
      },
      { answer: { status: 404 }, message: /no such model or revision/ },
      { answer: { status: 418 }, message: /HTTP 418/ },
    ];
    for (const { answer, message, token } of cases)
      await withHub(tiny, async (world) => {
        world.server.faults.push({ on: LISTING, ...answer });
        const failure = await world.pull('main', token === undefined ? {} : { token }).catch((error: unknown) => error);
        assert.ok(failure instanceof BarographError && failure.code === 'E_HUB_REFUSED', String(failure));
        assert.match(failure.message, message);
        assert.ok(!failure.message.includes('hf_x'));
        assert.deepEqual([world.waits, world.cached()], [[], []]);
      });
  });

  it('is asked again when it is busy, as late as it wants', () =>
    withHub(tiny, async (world) => {
      world.server.faults.push({ on: LISTING, status: 429, headers: { 'retry-after': '7' } });
      world.server.faults.push({ on: LISTING, status: 503 });
      world.server.faults.push({ on: LISTING, status: 429, headers: { 'retry-after': 'Thu, 01 Jan 1970 00:00:20 GMT' } });
      world.server.faults.push({ on: 'config.json', status: 502 });
      assert.equal((await world.pull()).how, 'fetched');
      assert.deepEqual(world.waits, [7000, 2000, 20_000, 1000]);
    }));

  it('is given up after five attempts, or when it wants too much patience', async () => {
    await withHub(tiny, async (world) => {
      for (let i = 0; i < 5; i++) world.server.faults.push({ on: LISTING, status: 500 });
      await assert.rejects(world.pull(), { code: 'E_HUB_UNREACHABLE', message: /HTTP 500/ });
      assert.deepEqual([world.waits, world.server.requests.length], [[1000, 2000, 4000, 8000], 5]);
    });
    await withHub(tiny, async (world) => {
      world.server.faults.push({ on: LISTING, status: 429, headers: { 'retry-after': '3600' } });
      await assert.rejects(world.pull(), { code: 'E_HUB_UNREACHABLE', message: /asks to wait 3600 s/ });
      assert.deepEqual(world.waits, []);
    });
  });

  it('may redirect from an old name to a new one, but not for ever and not anywhere', async () => {
    await withHub(tiny, async (world) => {
      world.server.repositories.set('new/name', tiny);
      world.server.faults.push(redirect(LISTING, '/api/models/new/name/revision/main?blobs=true', 307));
      assert.equal((await world.pull()).how, 'fetched');
    });
    await withHub(tiny, async (world) => {
      for (let i = 0; i < 6; i++) world.server.faults.push(redirect(LISTING, '/api/models/acme/tiny/revision/main'));
      await assert.rejects(world.pull(), { code: 'E_HUB_REFUSED', message: /more than 5 times/ });
    });
    for (const location of ['file:///etc/passwd', 'http://user:word@example.org/'])
      await withHub(tiny, async (world) => {
        world.server.faults.push(redirect(LISTING, location));
        await assert.rejects(world.pull(), { code: 'E_HUB_REFUSED', message: /no plain web address/ });
      });
  });

  it('is none when it answers with something else than a listing', async () => {
    const answers = [
      [() => 'a page', /is it a model hub/],
      [() => ({ sha: '../..', siblings: [] }), /is it a model hub/],
      [() => ({ sha: tiny.commit, siblings: [{ rfilename: 'config.json' }] }), /could not be checked/],
    ] as const;
    for (const [relist, message] of answers)
      await withHub(tiny, async (world) => {
        world.server.relist = relist;
        await assert.rejects(world.pull(), { code: 'E_HUB_REFUSED', message });
      });
    await withHub(tiny, (world) => {
      world.server.relist = (listing) => ({ ...listing, sha: 'a'.repeat(40) });
      return assert.rejects(world.pull(tiny.commit), { code: 'E_HUB_REFUSED', message: /another commit/ });
    });
  });

  it('must have an address, and a token must be one', () => {
    const options = { userAgent: 'test', clock: { now: () => 0 }, random: () => 0 };
    for (const endpoint of ['', 'huggingface.co', 'file:///x', 'https://user:word@hub.example', 'https://hub.example/?a=b'])
      assert.throws(() => connectHub({ ...options, endpoint }), { code: 'E_USAGE' });
    for (const token of ['', 'two words', 'two\nlines'])
      assert.throws(() => connectHub({ ...options, endpoint: 'https://hub.example', token }), {
        code: 'E_USAGE',
        message: /token/,
      });
    assert.equal(connectHub({ ...options, endpoint: 'https://hub.example/prefix/' }).endpoint, 'https://hub.example/prefix');
  });

  it('is unreachable when it does not answer, or not to the end', () =>
    withHub(tiny, async (world) => {
      const options = { userAgent: 'test', clock: { now: () => 0 }, random: () => 0, timeoutMs: 100 };
      const hub = connectHub({ ...options, endpoint: world.server.endpoint });
      const path = `/acme/tiny/resolve/main/vocab.txt`;
      const get = (more: { limitMs?: number }): Promise<string> =>
        hub.get({ path, subject: 'x', tries: 1, ...more }, (response) => response.text(), new AbortController().signal);
      try {
        const message = /x: 127\.0\.0\.1:\d+ did not answer in time/;
        for (const fault of [{ silent: true }, { stallAfter: 3 }] as const) {
          world.server.faults.push({ on: 'vocab.txt', ...fault }, { on: 'vocab.txt', ...fault });
          await assert.rejects(get({}), { code: 'E_HUB_UNREACHABLE', message });
          await assert.rejects(get({ limitMs: 10 }), { code: 'E_HUB_UNREACHABLE', message });
        }
        assert.equal(await get({}), String(tiny.files.get('vocab.txt')));
      } finally {
        await hub.close();
      }
    }));

  it('may be nowhere', async () => {
    const options = { userAgent: 'test', clock: { now: () => 0 }, random: () => 0 };
    const hub = connectHub({ ...options, endpoint: await closedAddress() });
    const answer = hub.get({ path: '/x', subject: 'x', tries: 1 }, (r) => r.text(), new AbortController().signal);
    await assert.rejects(answer, { code: 'E_HUB_UNREACHABLE', message: /cannot be reached \(.*ECONNREFUSED/ });
    await hub.close();
  });
});
