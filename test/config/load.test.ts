import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { formatFault } from '../../src/config/faults.ts';
import { ConfigError, checkConfig, loadConfig } from '../../src/config/load.ts';
import { DEFAULT_LEDGER_SETTINGS } from '../../src/domain/settings.ts';

const faultsOf = (text: string, env: Record<string, string> = {}): string[] =>
  checkConfig(text, 'b.yaml', env).faults.map(formatFault);

test('gives every default for an empty file', () => {
  const { config, faults } = checkConfig('', '/etc/barograph/barograph.yaml', {});
  assert.deepEqual(faults, []);
  assert.deepEqual(config, {
    dataDir: '/etc/barograph/data',
    kafka: undefined,
    elasticsearch: undefined,
    feeds: [],
    model: { bundleDir: undefined, workers: undefined, maxBatchTokens: 4096, batchTimeMs: 20, maxInFlight: 1024 },
    ledger: DEFAULT_LEDGER_SETTINGS,
    notifiers: [{ kind: 'console', name: 'console' }],
    web: { host: '127.0.0.1', port: 7373 },
    logging: { level: 'info' },
  });
});

test('reads a feed with its units and its defaults', () => {
  const { config } = checkConfig(
    'feeds:\n  - {name: a, url: "https://example.com/rss", interval: 90s, max_size: 1MiB}\n',
    'b.yaml',
    {},
  );
  assert.deepEqual(config?.feeds, [
    {
      name: 'a',
      url: 'https://example.com/rss',
      intervalMs: 90_000,
      timeoutMs: 20_000,
      maxBytes: 1_048_576,
      maxRedirects: 5,
      allowPrivate: false,
      language: '',
      userAgent: 'Barograph/0.1 (feed reader)',
    },
  ]);
});

test('reads a cluster, its files beside the configuration', () => {
  const { config, faults } = checkConfig(
    `log:
  kafka: {brokers: [one:9092, "[::1]:9093"], tls: true, ca: ca.pem, mechanism: scram-sha-512, username: me, password: "\${PASSWORD}"}
store:
  elasticsearch: {node: "https://search:9200", api_key: k}
`,
    '/etc/barograph/barograph.yaml',
    { PASSWORD: 'secret' },
  );
  assert.deepEqual(faults, []);
  assert.deepEqual(config?.kafka?.brokers, ['one:9092', '[::1]:9093']);
  assert.deepEqual([config?.kafka?.ca, config?.kafka?.password], ['/etc/barograph/ca.pem', 'secret']);
  assert.deepEqual([config?.elasticsearch?.nodes, config?.elasticsearch?.apiKey], [['https://search:9200/'], 'k']);
});

test('says what a way to reach a cluster lacks', () => {
  assert.deepEqual(
    faultsOf(
      `log:
  kafka: {brokers: [one:9092], mechanism: plain, username: me, certificate: c.pem}
store:
  elasticsearch: {username: me, api_key: k}
`,
    ),
    [
      'b.yaml:2:10 log.kafka.password: expected a value, which mechanism plain needs, got nothing',
      'b.yaml:2:77 log.kafka.certificate: expected tls: true beside it',
      'b.yaml:2:77 log.kafka.certificate: expected key beside it',
      'b.yaml:4:18 store.elasticsearch.node: expected either node or nodes',
      'b.yaml:4:29 store.elasticsearch.username: expected username and password together',
      'b.yaml:4:42 store.elasticsearch.api_key: expected either an api_key or a username',
    ],
  );
});

test("reads a variable's value from the file that NAME_FILE names", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'barograph-test-'));
  const file = join(folder, 'secret');
  await writeFile(file, 's3cret\n');
  const text = `notify: [{kind: webhook, url: "https://example.com", secret: "\${OPS}"}]\n`;
  const { config } = checkConfig(text, 'b.yaml', { OPS_FILE: file });
  assert.equal(config?.notifiers[0]?.kind === 'webhook' ? config.notifiers[0].secret : undefined, 's3cret');
  await rm(folder, { recursive: true });
  assert.match(
    faultsOf(text, { OPS_FILE: file })[0] ?? '',
    /^b.yaml:1:\d+ expected a file that can be read and is not empty, which OPS_FILE names$/,
  );
});

test('reports all faults at once, in order, with line, column, path, what was expected and the nearest key', () => {
  const text = `data: ./d
feeds:
  - name: Bad Name
    url: ftp://example.com/a
    intervall: 5m
  - name: a
    url: https://example.com/a
    interval: 5
web:
  prot: 1
  host: []
alert:
  budget_per_day: 2
logging: {level: inf}
`;
  assert.deepEqual(faultsOf(text), [
    'b.yaml:3:11 feeds[0].name: expected a name of small letters, digits and hyphens, at most 64, got "Bad Name"',
    'b.yaml:4:10 feeds[0].url: expected an http or https address, got "ftp://example.com/a"',
    'b.yaml:5:5 feeds[0].intervall: expected a known key (name, url, interval, timeout, max_size, max_redirects, allow_private, language, user_agent), got "intervall"; did you mean interval?',
    'b.yaml:8:15 feeds[1].interval: expected a duration of 10s to 7d, such as 30s, 5m, 6h or 7d, got number 5',
    'b.yaml:10:3 web.prot: expected a known key (host, port), got "prot"; did you mean port?',
    'b.yaml:11:9 web.host: expected a host name or an IP address, got a list',
    'b.yaml:12:1 alert: expected a known key (data, log, store, feeds, model, ledger, alerts, notify, web, logging), got "alert"; did you mean alerts?',
    'b.yaml:14:18 logging.level: expected trace or debug or info or warn or error, got "inf"; did you mean info?',
  ]);
});

test('says what is missing at the place where it should stand', () => {
  assert.deepEqual(faultsOf('feeds:\n  - name: a\n'), [
    'b.yaml:2:5 feeds[0].url: expected an http or https address, got nothing',
  ]);
});

test('reports faults between values even where other parts have faults', () => {
  const text = `feeds:
  - {name: a, url: https://example.com/1}
  - {name: a, url: https://example.com/2}
model: {max_batch_tokens: 4096, max_in_flight: 100}
ledger: {bucket: 7m}
notify:
  - kind: console
  - kind: console
  - kind: slak
web: {port: 99999}
`;
  const faults = faultsOf(text);
  assert.equal(faults.length, 6);
  assert.match(faults[0] ?? '', /^b\.yaml:3:12 feeds\[1\]\.name: expected a unique name, got "a"/);
  assert.match(faults[1] ?? '', /^b\.yaml:4:48 model\.max_in_flight: expected at least 1024/);
  assert.match(faults.join('\n'), /ledger\.bucket: expected a width that divides a day/);
  assert.match(faults.join('\n'), /web\.port: expected a whole number of 0 to 65535, got number 99999/);
  assert.match(faults.join('\n'), /notify\[1\]\.name: expected a unique name, got "console"/);
  assert.match(faults.join('\n'), /notify\[2\]\.kind: expected console or slack or webhook, got "slak"; did you mean slack\?/);
});

test('refuses windows that are no multiples of the bucket or not in rising order', () => {
  assert.deepEqual(faultsOf('ledger: {bucket: 10m}\nalerts: {windows: [1h, 65m, 30m]}\n'), [
    'b.yaml:2:24 alerts.windows[1]: expected a multiple of ledger.bucket',
    'b.yaml:2:29 alerts.windows[2]: expected windows in rising order',
  ]);
});

test('refuses an in-flight bound below what one batch can hold', () => {
  assert.equal(faultsOf('model: {max_batch_tokens: 4000, max_in_flight: 1000}').length, 0);
  assert.match(
    faultsOf('model: {max_batch_tokens: 4004, max_in_flight: 1000}')[0] ?? '',
    /max_in_flight: expected at least 1001/,
  );
  assert.match(faultsOf('model: {max_batch_tokens: 8192}')[0] ?? '', /max_in_flight: expected at least 2048/);
});

test('reports YAML that cannot be read, and a key that stands twice', () => {
  assert.match(faultsOf('feeds: [\n')[0] ?? '', /^b\.yaml:\d+:\d+ expected YAML: /);
  assert.match(faultsOf('web:\n  port: 1\n  port: 2\n')[0] ?? '', /^b\.yaml:3:3 expected each key once/);
  assert.deepEqual(faultsOf('- 1\n'), ['b.yaml:1:1 expected a mapping of keys, got a list']);
  assert.deepEqual(faultsOf('hello\n'), ['b.yaml:1:1 expected a mapping of keys, got "hello"']);
});

test('takes a section without a value as absent', () => {
  assert.deepEqual(faultsOf('feeds:\nnotify:\nweb:\n'), []);
});

test('never shows a secret in a fault', () => {
  const faults = faultsOf('notify:\n  - kind: webhook\n    url: hunter2\n    headers: {Authorization: 4711}\n');
  assert.equal(faults.length, 2);
  assert.doesNotMatch(faults.join('\n'), /hunter2|4711/);
});

test('expands variables in values only, and never as structure or another type', () => {
  const env = { PORT: '8080', NAME: 'x\n- name: evil', HOOK: 'https://example.com/h', EMPTY: '' };
  const { config, faults } = checkConfig(
    `data: \${DIR:./d}/$\${X}\nweb:\n  port: \${PORT}\n  host: "\${EMPTY:localhost}"\nnotify: [{kind: webhook, url: "\${HOOK}", secret: "\${PORT}"}]\n`,
    '/x/b.yaml',
    env,
  );
  assert.deepEqual(faults, []);
  assert.equal(config?.dataDir, `/x/d/\${X}`);
  assert.deepEqual(config?.web, { host: 'localhost', port: 8080 });
  assert.deepEqual(config?.notifiers[0]?.kind === 'webhook' && config.notifiers[0].secret, '8080');
  assert.match(
    faultsOf(`feeds:\n  - {name: "\${NAME}", url: "https://e.com"}`, env)[0] ?? '',
    /feeds\[0\]\.name: expected a name/,
  );
  assert.match(faultsOf(`\${PORT}: 1`, env)[0] ?? '', /got "\$\{PORT\}"/);
});

test('reports every variable that is not set, with its place', () => {
  const faults = faultsOf(`data: ./d\nnotify:\n  - kind: slack\n    webhook_url: \${HOOK}\n`);
  assert.match(
    faults[0] ?? '',
    /^b\.yaml:4:18 .*environment variable HOOK, which is not set; set it or write \$\{HOOK:default\}/,
  );
});

test('never throws, and gives either a configuration or faults, whatever the file holds', () => {
  const fragment = fc.constantFrom(
    'feeds:',
    '\n',
    '  - ',
    'name: ',
    'a',
    '{',
    '}',
    '[',
    `\${A`,
    '}',
    '&x ',
    '*x',
    'web: ',
    '"',
    ': ',
    '\t',
    'model:',
    '<<: ',
  );
  const file = fc.oneof(
    fc.string(),
    fc.array(fragment, { maxLength: 30 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(file, (text) => {
      const { config, faults } = checkConfig(text, 'b.yaml', {});
      assert.equal(config === undefined, faults.length > 0);
      for (const fault of faults) assert.ok(fault.line >= 1 && fault.column >= 1 && fault.message.length > 0);
    }),
    { numRuns: 500 },
  );
});

test('refuses a file of aliases that would unfold without end', () => {
  const bomb = ['a0: &a0 [x, x]', ...Array.from({ length: 20 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`)].join(
    '\n',
  );
  assert.match(faultsOf(bomb)[0] ?? '', /alias/i);
});

test('loads a file, and rejects with a code and the faults when it cannot', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'barograph-config-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'barograph.yaml');
  await assert.rejects(loadConfig(file, {}), { code: 'E_CONFIG_MISSING' });
  await writeFile(file, 'data: ./here\nweb: {port: 1}\n');
  assert.equal((await loadConfig(file, {})).dataDir, join(folder, 'here'));
  await writeFile(file, 'prot: 1\nwbe: 1\n');
  await assert.rejects(loadConfig(file, {}), (error: unknown) => {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.code, 'E_CONFIG_INVALID');
    assert.equal(error.faults.length, 2);
    assert.match(error.message, /has 2 faults:\n.*barograph\.yaml:1:1 prot: /);
    return true;
  });
});
