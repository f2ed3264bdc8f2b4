import assert from 'node:assert/strict';
import test from 'node:test';
import { jsonSchema, schemaAt } from '../../src/config/json-schema.ts';
import { checkConfig } from '../../src/config/load.ts';
import { maskSecrets, secretValues } from '../../src/config/secrets.ts';
import { CONFIG_TEMPLATE } from '../../src/config/template.ts';

/** The template with its commented keys switched on: a comment that is YAML, not prose, loses its `# `. */
function uncommented(text: string): string {
  return text.replace(/^( *)# (?=(- )?[a-z_]+:( |$)| {2,})/gm, '$1').replace(/^( *)# (?=Authorization:)/gm, '$1');
}

test('has no faults as it is written, and has feeds', () => {
  const { config, faults } = checkConfig(CONFIG_TEMPLATE, 'barograph.yaml', {});
  assert.deepEqual(faults, []);
  assert.ok((config?.feeds.length ?? 0) >= 10);
  assert.deepEqual(config?.notifiers, [{ kind: 'console', name: 'console' }]);
});

test('has no faults with every commented key switched on, and then holds every key of the schema', () => {
  const env = { SLACK_WEBHOOK_URL: 'https://hooks.slack.example/T/B/x', OPS_TOKEN: 't', OPS_SECRET: 's' };
  const text = uncommented(CONFIG_TEMPLATE);
  const { config, faults } = checkConfig(text, 'barograph.yaml', env);
  assert.deepEqual(faults, []);
  assert.deepEqual(
    config?.notifiers.map((notifier) => notifier.kind),
    ['console', 'slack', 'webhook'],
  );
  const feedKeys = Object.keys(schemaAt(jsonSchema(), { feeds: [{}] }, ['feeds', 0])?.properties ?? {});
  for (const key of [...Object.keys(jsonSchema().properties ?? {}), ...feedKeys]) assert.match(text, new RegExp(`\\b${key}:`));
});

test('masks every secret of a configuration, and passwords and keys in addresses', () => {
  const { config } = checkConfig(
    `feeds: [{name: a, url: "https://me:pw1@example.com/rss?key=pw2"}]
notify:
  - {kind: slack, webhook_url: "https://hooks.example.com/services/pw3"}
  - {kind: webhook, url: "https://example.com/pw4", headers: {Authorization: pw5}, secret: pw6}
`,
    'b.yaml',
    {},
  );
  assert.ok(config !== undefined);
  const shown = JSON.stringify(maskSecrets(config));
  assert.doesNotMatch(shown, /pw\d/);
  assert.match(shown, /hooks\.example\.com/);
  assert.deepEqual(
    secretValues(config).map((secret) => secret.slice(-3)),
    ['pw3', 'pw4', 'pw5', 'pw6'],
  );
});

test('describes every key of the schema, so that editors and the documentation can show it', () => {
  const undescribed: string[] = [];
  const walk = (part: ReturnType<typeof jsonSchema>, path: string): void => {
    for (const option of part.oneOf ?? []) walk(option, path);
    if (part.items !== undefined) walk(part.items, `${path}[]`);
    for (const [key, member] of Object.entries(part.properties ?? {})) {
      if (member.description === undefined && member.const === undefined) undescribed.push(`${path}.${key}`);
      walk(member, `${path}.${key}`);
    }
  };
  walk(jsonSchema(), '');
  assert.deepEqual(undescribed, []);
});
