import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { encodeSafetensors } from '../../../src/model/checkpoint/write-safetensors.ts';
import { importModel } from '../../../src/model/hub/import-model.ts';
import { listModels, resolveModel } from '../../../src/model/hub/model-store.ts';
import { findFaults } from '../../../src/model/hub/verify-checkpoint.ts';
import { writeTinyCheckpoint } from '../../fixtures/model/tiny-checkpoint.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { NAME, type World, withHub } from './hub-world.ts';
import { COMMIT, shardedRepository, tinyRepository } from './tiny-repository.ts';

const OTHER = 'c0ffee9876543210c0ffee9876543210c0ffee98';
const tiny = await tinyRepository();

describe('the store of models', () => {
  let source: string;
  let cache: string;
  let remove: () => Promise<void>;
  before(async () => {
    const folder = await temporaryFolder();
    remove = folder.remove;
    [source, cache] = [join(folder.path, 'source'), join(folder.path, 'cache')];
  });
  after(() => remove());
  beforeEach(() => {
    for (const folder of [source, cache]) rmSync(folder, { recursive: true, force: true });
    writeTinyCheckpoint(source, ['shares']);
  });
  const bring = (more: { name?: string; replace?: boolean } = {}) =>
    importModel({ cache, folder: source, replace: false, ...more });

  it('takes in a checkpoint with what belongs to it, through links too', async () => {
    for (const name of ['LICENSE', 'vocab.txt', 'barograph.json', 'optimizer.pt', '.hidden'])
      writeFileSync(join(source, name), name);
    mkdirSync(join(source, 'onnx'));
    copyFileSync(join(source, 'model.safetensors'), join(source, '../blob'));
    chmodSync(join(source, '../blob'), 0o444);
    rmSync(join(source, 'model.safetensors'));
    symlinkSync('../blob', join(source, 'model.safetensors'));
    const { name, folder, left } = await bring();
    assert.deepEqual([name, left], ['source', ['optimizer.pt']]);
    const own = [
      '.sums.json',
      'LICENSE',
      'barograph.json',
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ];
    assert.deepEqual(readdirSync(folder).sort(), [...own, 'vocab.txt']);
    assert.deepEqual(readFileSync(join(folder, 'model.safetensors')), readFileSync(join(source, '../blob')));
    assert.deepEqual(await findFaults(folder), []);
    const [listed, ...others] = listModels(cache);
    assert.deepEqual([listed?.name, listed?.kind, listed?.config?.layers, others], ['source', 'imported', 2, []]);
    assert.deepEqual(resolveModel(cache, 'source'), listed);
  });

  it('takes in weights in several files', async () => {
    const { files } = await shardedRepository();
    rmSync(source, { recursive: true });
    mkdirSync(source);
    for (const [name, bytes] of files) if (!name.includes('/')) writeFileSync(join(source, name), bytes);
    const { folder, left } = await bring({ name: 'sharded' });
    assert.deepEqual(left, ['modeling.py', 'pytorch_model.bin']);
    assert.deepEqual(await findFaults(folder), []);
  });

  it('replaces an imported model only when told so, and keeps it when the new one is of no use', async () => {
    const { folder } = await bring();
    await assert.rejects(bring(), { code: 'E_USAGE', message: /source already.*--replace/ });
    writeTinyCheckpoint(source, ['shares', 'fall']);
    await bring({ replace: true });
    assert.match(readFileSync(join(folder, 'config.json'), 'utf8'), /"vocab_size":7/);
    writeFileSync(join(source, 'model.safetensors'), 'no weights');
    await assert.rejects(bring({ replace: true }), { code: 'E_CHECKPOINT_INVALID' });
    assert.deepEqual([await findFaults(folder), readdirSync(join(cache, 'imported'))], [[], ['source']]);
  });

  it('has no names that lead elsewhere', async () => {
    for (const name of ['../evil', 'a/b', '.hidden', '', 'a..b', 'a\\b', 'two words', 'dot.'])
      await assert.rejects(bring({ name }), { code: 'E_USAGE', message: /cannot be a model's name/ });
    assert.equal(existsSync(cache), false);
  });

  it('finds what is wrong with a checkpoint, file by file and tensor by tensor', async () => {
    const { folder } = await bring();
    const change = async (name: string, content: string | Uint8Array, ...expected: RegExp[]): Promise<void> => {
      const path = join(folder, name);
      const whole = existsSync(path) ? readFileSync(path) : undefined;
      writeFileSync(path, content);
      const faults = await findFaults(folder);
      assert.equal(faults.length, expected.length, faults.join('; '));
      for (const [i, fault] of faults.entries()) assert.match(fault, expected[i] ?? /^$/);
      if (whole === undefined) rmSync(path);
      else writeFileSync(path, whole);
    };
    const bytes = readFileSync(join(folder, 'model.safetensors'));
    const flipped = Buffer.from(bytes);
    flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
    await change('model.safetensors', flipped, /model\.safetensors does not match its SHA-256/);
    await change('model.safetensors', bytes.subarray(0, -1), /has \d+ bytes instead of/, /does not fit bytes/);
    const notANumber = encodeSafetensors(new Map([['pooler.dense.bias', { shape: [1], data: new Float32Array([Number.NaN]) }]]));
    await change('model.safetensors', notANumber, /bytes instead of/, /pooler\.dense\.bias holds NaN/, /is missing/);
    await change('pytorch_model.bin', 'x', /pytorch_model\.bin was added later/);
    await change('.sums.json', '{}', /\.sums\.json cannot be read/);
    rmSync(join(folder, 'tokenizer_config.json'));
    assert.deepEqual(await findFaults(folder), ['tokenizer_config.json is missing']);
    assert.deepEqual(await findFaults(source), []); // without a record there is nothing to compare with
  });

  it('lists a damaged model, and no half one', () =>
    withHub(tiny, async ({ pull, cache: own }: World) => {
      const { folder } = await pull();
      writeFileSync(join(folder, 'config.json'), '{}');
      mkdirSync(join(folder, '..', `${OTHER}.partial`));
      mkdirSync(join(own, 'hub', 'no--such--name'));
      mkdirSync(join(own, 'imported', '.half.new-1'), { recursive: true });
      const listed = listModels(own);
      assert.deepEqual(
        listed.map(({ name, commit, refs, config }) => [name, commit, refs, config]),
        [[NAME, COMMIT, ['main'], undefined]],
      );
    }));

  it('finds a model by its name, a revision, the beginning of a commit, or the path of its folder', () =>
    withHub(tiny, async ({ pull, server, cache: own }: World) => {
      const [first, second] = [await pull('v1'), await repulled(server, pull)];
      const found = (text: string): string => resolveModel(own, text).folder;
      assert.equal(found(NAME), second);
      assert.equal(found(`${NAME}@main`), second);
      assert.equal(found(`${NAME}@v1`), first.folder);
      assert.equal(found(`${NAME}@c0ffee0`), first.folder);
      assert.equal(found(`${NAME}@${OTHER}`), second);
      assert.equal(found(second), second);
      const missing = (text: string, message: RegExp): void =>
        assert.throws(() => resolveModel(own, text), { code: 'E_INPUT_MISSING', message });
      missing(`${NAME}@c0ffee`, /acme\/tiny@c0ffee is not in .*; there are acme\/tiny@v1, acme\/tiny@main/);
      missing('acme/other', /no model "acme\/other".*no such folder/);
      missing(`${NAME}@../..`, /is not in/);
      missing('../../etc/passwd', /no such folder/);
    }));
});

/** Pulls `main` once it means another commit; gives the folder. */
async function repulled(server: World['server'], pull: World['pull']): Promise<string> {
  server.repositories.set(NAME, { ...tiny, commit: OTHER });
  return (await pull()).folder;
}
