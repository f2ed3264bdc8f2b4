import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { NAMES } from '../../src/cli/commands/run.ts';
import { checkConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';

const INFRA = join(import.meta.dirname, '..', '..', 'infra');
const KUBERNETES = join(INFRA, 'kubernetes');

function documents(file: string): unknown[] {
  return parseAllDocuments(readFileSync(file, 'utf8'), { uniqueKeys: true }).map((document) => {
    assert.deepEqual(document.errors, [], file);
    return document.toJS() as unknown;
  });
}

const named = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({ name: z.string() }) });
const containerSchema = z.looseObject({
  image: z.string(),
  args: z.array(z.string()),
  env: z.array(z.looseObject({ name: z.string() })),
  ports: z.array(z.looseObject({ name: z.string(), containerPort: z.number() })).optional(),
  resources: z.looseObject({ requests: z.record(z.string(), z.string()), limits: z.record(z.string(), z.string()) }),
  securityContext: z.looseObject({ allowPrivilegeEscalation: z.literal(false), readOnlyRootFilesystem: z.literal(true) }),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
});
const podSchema = z.looseObject({
  metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
  spec: z.looseObject({
    securityContext: z.looseObject({ runAsNonRoot: z.literal(true) }),
    containers: z.array(containerSchema).length(1),
    volumes: z.array(z.looseObject({ name: z.string() })),
  }),
});
const workloadSchema = named.extend({ spec: z.looseObject({ template: podSchema, replicas: z.number().optional() }) });

const files = readdirSync(KUBERNETES).filter((name) => name.endsWith('.yaml'));
const manifests = files.filter((name) => name !== 'kustomization.yaml').flatMap((name) => documents(join(KUBERNETES, name)));
const ofKind = (kind: string) => manifests.map((each) => named.parse(each)).filter((each) => each.kind === kind);
const workloads = [...ofKind('Deployment'), ...ofKind('Job')].map((each) => workloadSchema.parse(each));
const configuration = z.object({ 'barograph.yaml': z.string() }).parse(ofKind('ConfigMap')[0]?.data)['barograph.yaml'];

/** A configuration as the program reads it, with its variables set. */
function configOf(text: string): Config {
  const variables = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, 'x'] as const);
  const { config, faults } = checkConfig(text, '/etc/barograph/barograph.yaml', Object.fromEntries(variables));
  assert.deepEqual(faults, []);
  return config as Config;
}

describe('infra/kubernetes', () => {
  it('lists every file, and has what a cluster needs', () => {
    const [kustomization] = documents(join(KUBERNETES, 'kustomization.yaml'));
    const { resources } = z.looseObject({ resources: z.array(z.string()) }).parse(kustomization);
    assert.deepEqual([...resources].sort(), files.filter((name) => name !== 'kustomization.yaml').sort());
    const kinds = new Set(manifests.map((each) => named.parse(each).kind));
    for (const kind of ['Kafka', 'KafkaUser', 'Elasticsearch', 'Kibana', 'ScaledObject', 'PodDisruptionBudget', 'Service'])
      assert.ok(kinds.has(kind), kind);
  });

  it('configures keys that the program knows, and files and variables that every pod has', () => {
    const { kafka, elasticsearch, web } = configOf(configuration);
    const paths = [kafka?.ca, kafka?.certificate, kafka?.key, elasticsearch?.ca, '/etc/barograph/barograph.yaml'];
    const variables = [...configuration.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);
    assert.equal(workloads.length, 5);
    for (const { metadata, spec } of workloads) {
      const { containers, volumes } = spec.template.spec;
      const [container] = containers;
      for (const path of paths)
        assert.ok(
          container?.volumeMounts.some(({ mountPath }) => path?.startsWith(`${mountPath}/`)),
          `${metadata.name}: ${path}`,
        );
      for (const { name } of container?.volumeMounts ?? [])
        assert.ok(
          volumes.some((volume) => volume.name === name),
          name,
        );
      for (const name of variables)
        assert.ok(
          container?.env.some((variable) => variable.name === name),
          `${metadata.name}: ${name}`,
        );
      for (const { containerPort } of container?.ports ?? []) assert.equal(containerPort, web.port);
    }
  });

  it('runs commands and pipelines that exist, and probes what the program serves', () => {
    const probes = readFileSync(join(INFRA, '../src/web/server/probes.ts'), 'utf8');
    const known: readonly string[] = NAMES;
    const parts = new Map(workloads.map(({ metadata, spec }) => [metadata.name, spec.template.spec.containers[0]]));
    for (const [name, container] of parts) {
      const [command = '', ...rest] = container?.args ?? [];
      assert.ok(['run', 'setup'].includes(command));
      for (const pipeline of rest.slice(0, rest.indexOf('--config'))) assert.ok(known.includes(pipeline), pipeline);
      if (command === 'setup') continue;
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
        const { httpGet } = z
          .looseObject({ httpGet: z.object({ path: z.string(), port: z.literal('http') }) })
          .parse(container?.[probe]);
        assert.ok(probes.includes(`app.get('${httpGet.path}'`), `${name}: ${httpGet.path}`);
      }
    }
    const pipelines = [...parts.values()].flatMap((container) => container?.args ?? []);
    for (const pipeline of NAMES) assert.ok(pipelines.includes(pipeline), pipeline);
  });

  it('has two ledgers, scales classifiers by the lag of their group up to the partitions, and keeps pods when nodes are drained', () => {
    const { kafka } = configOf(configuration);
    assert.equal(workloads.find(({ metadata }) => metadata.name === 'ledger')?.spec.replicas, 2);
    const trigger = z.looseObject({ metadata: z.looseObject({ consumerGroup: z.string(), topic: z.string() }) });
    const scaled = z
      .looseObject({ scaleTargetRef: z.object({ name: z.string() }), maxReplicaCount: z.number(), triggers: z.array(trigger) })
      .parse(ofKind('ScaledObject')[0]?.spec);
    assert.deepEqual([scaled.scaleTargetRef.name, scaled.maxReplicaCount], ['classify', kafka?.partitions]);
    const { consumerGroup, topic } = scaled.triggers[0]?.metadata ?? {};
    assert.deepEqual([consumerGroup, topic], [`${kafka?.prefix}classify`, `${kafka?.prefix}news.raw`]);
    const labels = workloads.map(({ spec }) => spec.template.metadata.labels);
    for (const { metadata, spec } of ofKind('PodDisruptionBudget')) {
      const { matchLabels } = z
        .looseObject({ selector: z.object({ matchLabels: z.record(z.string(), z.string()) }) })
        .parse(spec).selector;
      const isOf = (of: Record<string, string>): boolean =>
        Object.entries(matchLabels).every(([key, value]) => of[key] === value);
      assert.equal(labels.filter(isOf).length, 1, metadata.name);
    }
  });
});

describe('infra/compose.yaml', () => {
  it('brings servers of the versions that are tested, and a configuration that the program reads', () => {
    const serviceSchema = z.looseObject({
      image: z.string(),
      command: z.array(z.string()).optional(),
      ports: z.array(z.string()).optional(),
    });
    const compose = z
      .looseObject({
        services: z.record(z.string(), serviceSchema),
        configs: z.object({ barograph: z.object({ content: z.string() }) }),
      })
      .parse(documents(join(INFRA, 'compose.yaml'))[0]);
    const version = (of: string): string =>
      readFileSync(join(INFRA, 'local', of, 'pom.xml'), 'utf8').match(/<version>(\d+\.[\d.]+)</)?.[1] ?? '';
    const { kafka, elasticsearch, kibana, barograph } = compose.services;
    assert.equal(kafka?.image, `apache/kafka:${version('kafka')}`);
    assert.ok(elasticsearch?.image.endsWith(`:${version('elasticsearch')}`));
    assert.ok(kibana?.image.endsWith(`:${version('elasticsearch')}`));
    const config = configOf(compose.configs.barograph.content);
    assert.deepEqual(barograph?.ports, [`127.0.0.1:${config.web.port}:${config.web.port}`]);
    for (const { ports = [] } of Object.values(compose.services)) for (const port of ports) assert.match(port, /^127\.0\.0\.1:/);
  });
});

describe('infra/Dockerfile', () => {
  it("has the project's Node, and copies only what exists and is not ignored", () => {
    const text = readFileSync(join(INFRA, 'Dockerfile'), 'utf8');
    const manifest = z
      .looseObject({ dependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(INFRA, '../package.json'), 'utf8')));
    for (const [, version] of text.matchAll(/^FROM node:([\d.]+)-/gm)) assert.equal(version, manifest.dependencies.node);
    const ignored = readFileSync(join(INFRA, '../.dockerignore'), 'utf8').split('\n');
    const made = new Set(['node_modules', 'dist']);
    for (const [, path = ''] of text.matchAll(/^COPY --from=build \/app\/(\S+)/gm))
      assert.ok(made.has(path) || ignored.includes(`!${path}`), path);
  });
});
