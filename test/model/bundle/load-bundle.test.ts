import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { BarographError } from '../../../src/domain/errors.ts';
import { BUNDLE_FILES, loadBundle } from '../../../src/model/bundle/load-bundle.ts';
import { formatSums, SUMS } from '../../../src/model/bundle/sums.ts';
import { type BundleContents, writeBundle } from '../../../src/model/bundle/write-bundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
after(() => rmSync(folder, { recursive: true }));
let count = 0;
const fresh = (): string => join(folder, `bundle-${count++}`);

const head = (classes: number) => ({
  classes,
  features: 4,
  weight: Float32Array.from({ length: 4 * classes }, (_, i) => i / 8),
  bias: new Float32Array(classes),
});
const contents: BundleContents = {
  config: {
    format: 1,
    name: 'small',
    family: 'bert',
    preparation: 1,
    maxTokens: 16,
    padId: 0,
    hidden: 2,
    layers: [0, 1],
    pooling: [
      { layer: 0, kind: 'mean' },
      { layer: 1, kind: 'max' },
    ],
    heads: {
      sentiment: { labels: ['negative', 'neutral', 'positive'], temperature: 1 },
      topic: { labels: ['A', 'B'], temperature: 1.5 },
    },
  },
  model: Buffer.from('not looked at by the loader'),
  tokenizer: '{}',
  tokenizerConfig: '{}',
  heads: { sentiment: head(3), topic: head(2) },
  metrics: { accuracy: 1 },
  card: '# Small\n',
};
const write = (change: Partial<BundleContents> = {}): string => {
  const path = fresh();
  writeBundle(path, { ...contents, ...change });
  return path;
};
const refuses = (path: string, code: string, message: RegExp): void => {
  assert.throws(
    () => loadBundle(path),
    (error) => error instanceof BarographError && error.code === code && message.test(error.message),
  );
};
/** Makes the sums right again after a file was changed on purpose. */
const resum = (path: string): void => {
  const files = new Map(BUNDLE_FILES.map((name) => [name, readFileSync(join(path, name))]));
  writeFileSync(join(path, SUMS), formatSums(files));
};

test('loads what was written', () => {
  const { config, heads, model, version } = loadBundle(write());
  assert.deepEqual(config, contents.config);
  assert.deepEqual(heads, contents.heads);
  assert.deepEqual(Buffer.from(model), contents.model);
  assert.match(version, /^small@[0-9a-f]{12}$/);
});

test('gives equal contents equal bytes and an equal version, and other contents another', () => {
  const version = (change?: Partial<BundleContents>): string => loadBundle(write(change)).version;
  assert.equal(version(), version());
  assert.notEqual(version(), version({ card: '# Other\n' }));
});

for (const name of BUNDLE_FILES) {
  test(`refuses a bundle whose ${name} was changed, truncated or removed, and names the file`, () => {
    const path = write();
    const file = join(path, name);
    const whole = readFileSync(file);
    appendFileSync(file, ' ');
    refuses(path, 'E_BUNDLE_ALTERED', new RegExp(`${name} does not match SHA256SUMS`));
    writeFileSync(file, whole);
    truncateSync(file, whole.length - 1);
    refuses(path, 'E_BUNDLE_ALTERED', new RegExp(`${name} does not match`));
    rmSync(file);
    refuses(path, 'E_BUNDLE_MISSING', new RegExp(`${name} cannot be read`));
  });
}

test('refuses a folder that is none, and one without sums', () => {
  refuses(join(folder, 'nothing'), 'E_BUNDLE_MISSING', /restore models\/default/);
  const path = write();
  rmSync(join(path, SUMS));
  refuses(path, 'E_BUNDLE_MISSING', /SHA256SUMS/);
});

test('refuses sums that leave a file out or lead out of the folder', () => {
  const path = write();
  const sums = readFileSync(join(path, SUMS), 'utf8');
  writeFileSync(join(path, SUMS), sums.replace(/.*model\.onnx\n/, ''));
  refuses(path, 'E_BUNDLE_ALTERED', /does not list model\.onnx/);
  writeFileSync(join(path, SUMS), sums.replace('model.onnx', '../model.onnx'));
  refuses(path, 'E_BUNDLE_ALTERED', /no line of it/);
});

test('refuses heads with NaN, of the wrong shape, or missing, though the sums match', () => {
  const { sentiment, topic } = contents.heads;
  const broken = { ...topic, weight: topic.weight.map((w, i) => (i === 5 ? Number.NaN : w)) };
  refuses(write({ heads: { sentiment, topic: broken } }), 'E_BUNDLE_INVALID', /topic\.weight holds NaN at element 5/);
  refuses(write({ heads: { sentiment, topic: head(3) } }), 'E_BUNDLE_INVALID', /topic has the shapes \[3,4\] and \[3\]/);
  const path = write();
  writeFileSync(join(path, 'heads.safetensors'), 'x');
  resum(path);
  refuses(path, 'E_BUNDLE_INVALID', /heads\.safetensors.*too few/);
});

test('refuses a configuration it does not know, and names the field', () => {
  const refused: [object, RegExp][] = [
    [{ format: 2 }, /format/],
    [{ preparation: 99 }, /preparation/],
    [{ extra: true }, /extra/],
    [{ name: '../x' }, /name/],
    [{ pooling: [{ layer: 5, kind: 'mean' }] }, /layer 5/],
  ];
  for (const [change, message] of refused) {
    const path = write();
    writeFileSync(join(path, 'config.json'), JSON.stringify({ ...contents.config, ...change }));
    resum(path);
    refuses(path, 'E_BUNDLE_INVALID', message);
  }
});

test('writes beside and renames, replaces only when asked, and leaves nothing behind', () => {
  const path = write();
  assert.throws(() => writeBundle(path, contents), /exists already/);
  writeBundle(path, { ...contents, card: '# New\n' }, { replace: true });
  assert.equal(readFileSync(join(path, 'CARD.md'), 'utf8'), '# New\n');
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('.')),
    [],
  );
});

test('keeps the old bundle when writing the new one fails', () => {
  const path = write();
  const heads = { ...contents.heads, topic: { ...contents.heads.topic, weight: null } };
  // @ts-expect-error: weights that cannot be written stand for any failure while files are made
  assert.throws(() => writeBundle(path, { ...contents, heads }, { replace: true }));
  assert.ok(existsSync(path));
  assert.deepEqual(loadBundle(path).config, contents.config);
});

test('ships a default bundle that is whole and below 45 MB', () => {
  const path = join(import.meta.dirname, '../../../models/default');
  const bundle = loadBundle(path);
  assert.equal(bundle.config.heads.topic.labels.length, 20);
  const bytes = readdirSync(path).reduce((sum, name) => sum + readFileSync(join(path, name)).length, 0);
  assert.ok(bytes < 45e6, `${bytes} bytes`);
});
