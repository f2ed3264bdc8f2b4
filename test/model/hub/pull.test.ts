import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readCheckpoint } from '../../../src/model/checkpoint/checkpoint-folder.ts';
import { listModels } from '../../../src/model/hub/model-store.ts';
import { eventually } from '../../eventually.ts';
import type { Repository as HubRepository } from './hub-server.ts';
import { NAME, type World, withHub } from './hub-world.ts';
import { COMMIT, shardedRepository, tinyRepository } from './tiny-repository.ts';

const WEIGHTS = 'model.safetensors';
const tiny = await tinyRepository();
const weights = tiny.files.get(WEIGHTS) ?? Buffer.alloc(0);
const listed = ({ cache }: World): number => listModels(cache).length;
/** Without what the cache itself keeps. */
const models = (world: World): readonly string[] => world.cached().filter((path) => !path.endsWith('.lock'));
const altered = (change: (files: Map<string, Buffer>) => void, more: Partial<HubRepository> = {}): HubRepository => {
  const files = new Map(tiny.files);
  change(files);
  return { ...tiny, ...more, files };
};

describe('a pull', () => {
  it('brings a whole checkpoint, and only the files that make one', () =>
    withHub(tiny, async (world) => {
      const { folder, commit, how } = await world.pull();
      assert.deepEqual([commit, how], [COMMIT, 'fetched']);
      const wanted = ['LICENSE.txt', 'README.md', 'config.json', WEIGHTS, 'tokenizer.json', 'tokenizer_config.json', 'vocab.txt'];
      assert.deepEqual(readdirSync(folder).sort(), ['.sums.json', ...wanted].sort());
      for (const name of wanted) assert.deepEqual(readFileSync(join(folder, name)), tiny.files.get(name), name);
      assert.equal(readCheckpoint(folder).config.layers, 2);
      assert.deepEqual(
        models(world).filter((path) => !path.startsWith(join('hub', 'acme--tiny', COMMIT))),
        ['hub/acme--tiny/refs.json'],
      );
      assert.match(world.server.requests[0]?.path ?? '', /^\/api\/models\/acme\/tiny\/revision\/main\?blobs=true$/);
    }));

  it('brings weights in several files', () =>
    shardedRepository().then((sharded) =>
      withHub(sharded, async (world) => {
        const { folder } = await world.pull();
        assert.equal(readdirSync(folder).filter((name) => name.endsWith('.safetensors')).length, 2);
        assert.equal(readCheckpoint(folder).config.layers, 2);
      }),
    ));

  it('asks for what is missing only, after a connection that was cut', () =>
    withHub(tiny, async (world) => {
      world.server.faults.push({ on: `storage:${WEIGHTS}`, cutAfter: 1000 });
      await world.pull();
      const [first, second, ...more] = world.requestsFor(WEIGHTS).filter(({ host }) => host === 'storage');
      assert.deepEqual([first?.range, second?.range, more], [undefined, 'bytes=1000-', []]);
      assert.equal((first?.sent ?? 0) + (second?.sent ?? 0), weights.length);
      assert.deepEqual(world.waits, [1000]);
    }));

  it('asks for what is missing only, after a pull that gave up', () =>
    withHub(tiny, async (world) => {
      const cut = { on: `storage:${WEIGHTS}`, cutAfter: 500 };
      world.server.faults.push(cut, cut, cut, cut, cut);
      await assert.rejects(world.pull(), { code: 'E_HUB_UNREACHABLE', message: /model\.safetensors of acme\/tiny/ });
      assert.deepEqual([listed(world), world.waits], [0, [1000, 2000, 4000, 8000]]);
      const before = world.server.requests.length;
      await world.pull();
      const again = world.server.requests.slice(before);
      assert.deepEqual(
        again.filter(({ range }) => range !== undefined).map(({ range }) => range),
        ['bytes=2500-', 'bytes=2500-'], // the hub's redirect, and the storage
      );
      // A listing, and the weights: what was whole is not asked for again.
      assert.deepEqual(
        again.map(({ host }) => host),
        ['hub', 'hub', 'storage'],
      );
      assert.equal(readCheckpoint(join(world.cache, 'hub', 'acme--tiny', COMMIT)).config.layers, 2);
    }));

  it('starts a file anew when the server knows no ranges', () =>
    withHub(tiny, async (world) => {
      world.server.ranges = false;
      world.server.faults.push({ on: `storage:${WEIGHTS}`, cutAfter: 1000 });
      const { folder } = await world.pull();
      assert.deepEqual(readFileSync(join(folder, WEIGHTS)), weights);
    }));

  it('starts a file anew when what is left of an earlier pull is too long', () =>
    withHub(tiny, async (world) => {
      const partial = join(world.cache, 'hub', 'acme--tiny', `${COMMIT}.partial`);
      mkdirSync(partial, { recursive: true });
      writeFileSync(join(partial, `${WEIGHTS}.incomplete`), Buffer.alloc(weights.length + 1));
      writeFileSync(join(partial, 'of-long-ago'), '');
      const { folder } = await world.pull();
      assert.ok(!readdirSync(folder).includes('of-long-ago'));
    }));

  it('refuses bytes that do not match their sum, in LFS or not, and keeps nothing', async () => {
    const other = Buffer.from(weights);
    other[other.length - 1] = (other.at(-1) ?? 0) ^ 1;
    await withHub(tiny, async (world) => {
      world.server.faults.push({ on: `storage:${WEIGHTS}`, instead: other });
      await assert.rejects(world.pull(), {
        code: 'E_DOWNLOAD_CORRUPT',
        message: /model\.safetensors of acme\/tiny is corrupt: its checksum/,
      });
      assert.deepEqual(world.cached(), []);
      assert.equal((await world.pull()).how, 'fetched');
    });
    await withHub(tiny, async (world) => {
      world.server.faults.push({ on: 'vocab.txt', instead: Buffer.from('shares\nfell\nrise\n') });
      await assert.rejects(world.pull(), { code: 'E_DOWNLOAD_CORRUPT', message: /vocab\.txt/ });
      assert.deepEqual(world.cached(), []);
    });
  });

  it('refuses a file of another size than was announced', async () => {
    for (const instead of [weights.subarray(1), Buffer.concat([weights, Buffer.alloc(1)])])
      await withHub(tiny, async (world) => {
        world.server.faults.push({ on: `storage:${WEIGHTS}`, instead });
        await assert.rejects(world.pull(), { code: 'E_DOWNLOAD_CORRUPT', message: new RegExp(`it has ${instead.length} bytes`) });
        assert.deepEqual([world.cached(), world.waits], [[], []]);
      });
  });

  it('refuses weights that are pickled only, before it fetches anything', () =>
    withHub(
      altered((files) => files.delete(WEIGHTS)),
      async (world) => {
        await assert.rejects(world.pull(), { code: 'E_HUB_REFUSED', message: /pickled only \(pytorch_model\.bin\)/ });
        assert.deepEqual([world.server.requests.length, world.cached()], [1, []]);
      },
    ));

  it('refuses what cannot be read here before it fetches the weights', async () => {
    const config = { ...JSON.parse(String(tiny.files.get('config.json'))), model_type: 'gpt2' };
    await withHub(
      altered((files) => files.set('config.json', Buffer.from(JSON.stringify(config)))),
      async (world) => {
        await assert.rejects(world.pull(), (error: Error) => {
          assert.match(`${error.message} ${error.cause}`, /acme\/tiny is no model that can be read here.*model_type/s);
          return 'code' in error && error.code === 'E_CHECKPOINT_INVALID';
        });
        assert.deepEqual([world.requestsFor(WEIGHTS), world.cached()], [[], []]);
      },
    );
    await withHub(
      altered((files) => files.delete('tokenizer.json')),
      (world) => assert.rejects(world.pull(), { code: 'E_HUB_REFUSED', message: /no tokenizer\.json/ }),
    );
    await withHub(
      altered((files) => files.set(WEIGHTS, Buffer.from('no weights'))),
      async (world) => {
        await assert.rejects(world.pull(), { code: 'E_CHECKPOINT_INVALID' });
        assert.deepEqual(world.cached(), []);
      },
    );
  });

  it('refuses names that lead out of a folder, from the listing and from the index', async () => {
    for (const name of ['../evil.txt', 'LICENSE/../../evil', '/etc/evil', 'a\\evil', 'C:evil', 'a//b', '.', 'a/..'])
      await withHub(
        altered((files) => files.set(name, Buffer.from('evil'))),
        async (world) => {
          await assert.rejects(world.pull(), { code: 'E_HUB_REFUSED', message: /no path in a repository/ });
          assert.deepEqual([world.server.requests.length, world.cached()], [1, []]);
        },
      );
    const { files, lfs } = await shardedRepository();
    for (const place of ['../evil.safetensors', 'gone.safetensors', 'pytorch_model.bin']) {
      const index = JSON.stringify({ weight_map: { 'embeddings.LayerNorm.bias': place } });
      const repository = {
        commit: COMMIT,
        lfs,
        files: new Map([...files, ['model.safetensors.index.json', Buffer.from(index)]]),
      };
      await withHub(repository, async (world) => {
        await assert.rejects(world.pull(), { code: 'E_CHECKPOINT_INVALID' });
        assert.deepEqual(world.cached(), []);
      });
    }
  });

  it('can be stopped, and goes on', () =>
    withHub(tiny, async (world) => {
      const stop = new AbortController();
      const reason = new Error('enough');
      world.server.relist = (listing) => {
        setImmediate(() => stop.abort(reason));
        return listing;
      };
      await assert.rejects(world.pull('main', { signal: stop.signal }), reason);
      assert.equal(listed(world), 0);
      assert.equal((await world.pull()).how, 'fetched');
      // Nor does it answer from the cache then.
      const again = new AbortController();
      world.server.faults.push({ on: '/api/models', silent: true });
      const { length } = world.server.requests;
      const pulling = assert.rejects(world.pull('main', { signal: again.signal }), reason);
      await eventually(() => world.server.requests.length > length, 'the request');
      again.abort(reason);
      await pulling;
    }));
});

describe('a pull of what is there', () => {
  it('asks the hub once whether a branch has moved, and never about a commit', () =>
    withHub(tiny, async (world) => {
      await world.pull();
      const { length } = world.server.requests;
      assert.equal((await world.pull()).how, 'cached');
      assert.equal(world.server.requests.length, length + 1);
      assert.equal((await world.pull(COMMIT)).how, 'cached');
      assert.equal(world.server.requests.length, length + 1);
      const moved = 'b'.repeat(40);
      world.server.repositories.set(NAME, { ...tiny, commit: moved });
      assert.deepEqual([(await world.pull()).commit, (await world.pull('v1')).how, listed(world)], [moved, 'cached', 2]);
    }));

  it('needs no connection, and says so', () =>
    withHub(tiny, async (world) => {
      const { folder } = await world.pull();
      await world.server.close();
      const again = await world.pull();
      assert.deepEqual([again.folder, again.how, again.offline?.code], [folder, 'offline', 'E_HUB_UNREACHABLE']);
      assert.deepEqual(world.waits, []);
      await assert.rejects(world.pull('v1'), { code: 'E_HUB_UNREACHABLE' });
      assert.equal(world.waits.length, 4);
    }));

  it('waits for no other pull of the same model, but takes over from one that was killed', () =>
    withHub(tiny, async (world) => {
      const place = join(world.cache, 'hub', 'acme--tiny');
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, `${COMMIT}.lock`), `${process.ppid}@${hostname()}`);
      await assert.rejects(world.pull(), { code: 'E_OUTPUT_FAILED', message: /being pulled by another process/ });
      writeFileSync(join(place, `${COMMIT}.lock`), `4194305@${hostname()}`); // above Linux' highest process number
      assert.equal((await world.pull()).how, 'fetched');
    }));
});
