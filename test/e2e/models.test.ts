import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '../eventually.ts';
import { type HubServer, startHubServer } from '../model/hub/hub-server.ts';
import { COMMIT, tinyRepository } from '../model/hub/tiny-repository.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { barograph, outcomesOf, start } from './barograph.ts';

const BUNDLE = fileURLToPath(new URL('../../models/default', import.meta.url));

describe('barograph models', { timeout: 3 * 60_000 }, () => {
  let cwd: string;
  let remove: () => Promise<void>;
  let server: HubServer;
  before(async () => {
    ({ path: cwd, remove } = await temporaryFolder());
    server = await startHubServer();
    server.repositories.set('acme/tiny', await tinyRepository());
  });
  after(async () => {
    await server.close();
    await remove();
  });

  const run = (...args: readonly string[]) => barograph(['models', ...args, '--cache', 'cache'], { cwd });
  const pull = (...args: readonly string[]) => run('pull', ...args, '--endpoint', server.endpoint);

  const { json, fails } = outcomesOf(run);

  it('pull: a pull that was killed leaves nothing that is listed, and the next one goes on', async () => {
    server.faults.push({ on: 'storage:model.safetensors', stallAfter: 4000 });
    const { child, ended } = start(['models', 'pull', 'acme/tiny', '--cache', 'cache', '--endpoint', server.endpoint], { cwd });
    const partial = join(cwd, 'cache/hub/acme--tiny', `${COMMIT}.partial`, 'model.safetensors.incomplete');
    await eventually(async () => (await readFile(partial).catch(() => '')).length === 4000, 'the first 4000 bytes');
    child.kill('SIGKILL');
    await ended;
    assert.deepEqual(await json('list'), []);
    await fails(2, /no model "acme\/tiny".*E_INPUT_MISSING/s, 'show', 'acme/tiny');
    const { code, stdout, stderr } = await pull('acme/tiny');
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(
      stdout,
      new RegExp(`^acme/tiny@${COMMIT}\nbert, 2 layers x 16, \\d+\\.\\d kB\n.*/cache/hub/acme--tiny/${COMMIT}\n$`),
    );
    assert.ok(server.requests.some(({ host, range }) => host === 'storage' && range === 'bytes=4000-'));
  });

  it('list and show: says what there is', async () => {
    const [model, ...others] = await json('list');
    assert.deepEqual(others, []);
    assert.deepEqual([model.name, model.kind, model.commit, model.refs], ['acme/tiny', 'pulled', COMMIT, ['main']]);
    assert.deepEqual([model.family, model.layers, model.hidden], ['bert', 2, 16]);
    assert.match((await run('list')).stdout, /^name +kind +revision.*\nacme\/tiny +pulled +c0ffee012345 \(main\) +bert +2 x 16/);
    const shown = await json('show', 'acme/tiny');
    assert.deepEqual([shown.licence, shown.heads, shown.longestText, shown.from], ['apache-2.0', 2, 64, server.endpoint]);
    assert.ok(
      shown.files.some(({ name, bytes }: { name: string; bytes: number }) => name === 'model.safetensors' && bytes > 10_000),
    );
    assert.match((await run('show', 'acme/tiny')).stdout, /licence +apache-2\.0/);
  });

  it('show and verify: know bundles', async () => {
    const { kind, version, labels, metrics, maxTokens } = await json('show', BUNDLE);
    assert.deepEqual([kind, labels.topic.length, maxTokens > 0], ['bundle', 20, true]);
    assert.match(version, /^default@[0-9a-f]{12}$/);
    assert.ok(metrics.some(({ part, task }: { part: string; task: string }) => part === 'test' && task === 'topic'));
    assert.match((await run('show', BUNDLE)).stdout, /entities/);
    assert.deepEqual((await json('verify', BUNDLE)).faults, []);
    await cp(BUNDLE, join(cwd, 'bundle'), { recursive: true });
    await writeFile(join(cwd, 'bundle', 'metrics.json'), '{}');
    const { code, stdout } = await run('verify', './bundle');
    assert.equal(code, 3);
    assert.match(stdout, /FAULT.*\n.*metrics\.json does not match SHA256SUMS/);
  });

  it('import: copies a checkpoint and keeps the name of another', async () => {
    const { folder } = await json('show', 'acme/tiny');
    await cp(folder, join(cwd, 'mine'), { recursive: true });
    await writeFile(join(cwd, 'mine', 'notes.md'), 'mine');
    const outcome = await run('import', 'mine', '--name', 'own');
    assert.match(outcome.stderr, /Not copied.*: notes\.md\./);
    assert.match(outcome.stdout, /^own\nbert/);
    await fails(2, /own already.*--replace/s, 'import', 'mine', '--name', 'own');
    assert.equal((await json('import', 'mine', '--name', 'own', '--replace')).name, 'own');
    await mkdir(join(cwd, 'empty'));
    await fails(1, /E_CHECKPOINT_INVALID/, 'import', 'empty');
    assert.deepEqual(
      (await json('list')).map(({ name }: { name: string }) => name),
      ['own', 'acme/tiny'],
    );
    assert.deepEqual(await readdir(join(cwd, 'cache/imported')), ['own']);
  });

  it('verify: finds the byte that changed, with exit code 3', async () => {
    const whole = await run('verify', 'own');
    assert.deepEqual([whole.code, whole.stdout.startsWith('whole: the checkpoint in')], [0, true]);
    const path = join(cwd, 'cache/imported/own/vocab.txt');
    await writeFile(path, (await readFile(path, 'utf8')).replace('fall', 'fell'));
    const { code, stdout } = await run('verify', 'own', '--json');
    assert.equal(code, 3);
    assert.deepEqual(JSON.parse(stdout).faults, ['vocab.txt does not match its SHA-256']);
  });

  it('pull: takes the token from a file, and never prints it', async () => {
    server.token = 'hf_secret';
    await writeFile(join(cwd, 'token'), 'hf_secret\n');
    const pulled = await pull('acme/tiny@v1', '--token-file', 'token', '--json');
    assert.equal(JSON.parse(pulled.stdout).how, 'cached');
    await writeFile(join(cwd, 'wrong'), 'hf_wrong\n');
    const { code, stderr } = await pull('acme/tiny', '--token-file', 'wrong');
    assert.equal(code, 1);
    assert.match(stderr, /the hub does not accept the token.*E_HUB_REFUSED/s);
    assert.ok(!/hf_/.test(stderr));
    server.token = undefined;
  });

  it('pull: says what is wrong with its arguments', async () => {
    await fails(2, /no model of a hub: give it as owner\/name/, 'pull', '../evil');
    await fails(2, /no address of a model hub/, 'pull', 'acme/tiny', '--endpoint', 'nowhere');
    await fails(2, /token.*E_INPUT_MISSING/s, 'pull', 'acme/tiny', '--token-file', 'missing');
    await fails(1, /no such model or revision.*E_HUB_REFUSED/s, 'pull', 'acme/other', '--endpoint', server.endpoint);
  });

  it('pull: answers from the cache when the hub cannot be reached, with a note', async () => {
    const { endpoint } = server;
    await server.close();
    const { code, stdout, stderr } = await run('pull', 'acme/tiny', '--endpoint', endpoint);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /was here already/);
    assert.match(stderr, /^The hub could not be asked.*pulled last.*cannot be reached/);
    const known = await run('pull', `acme/tiny@${COMMIT}`, '--endpoint', endpoint);
    assert.deepEqual([known.code, known.stderr], [0, '']);
    await rm(join(cwd, 'cache'), { recursive: true });
    assert.match((await run('list')).stdout, /There is no model in/);
  });
});
