import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { loadBundle } from '../../../model/bundle/load-bundle.ts';
import { SUMS } from '../../../model/bundle/sums.ts';
import { readConfig } from '../../../model/checkpoint/checkpoint-folder.ts';
import { maxTokens } from '../../../model/checkpoint/encoder-config.ts';
import { encoderParameters } from '../../../model/checkpoint/parameters.ts';
import { licenceOf } from '../../../model/hub/licence.ts';
import { filesOf, readRecord } from '../../../model/hub/model-record.ts';
import { resolveModel } from '../../../model/hub/model-store.ts';
import { cacheFolder, type StoreOptions, withStoreOptions } from '../../cache-folder.ts';
import { createOutput, table } from '../../output.ts';
import { sizeText } from './wording.ts';

export function showCommand(): Command {
  const command = new Command('show')
    .description('What a checkpoint or a bundle is: its shape, its labels, its figures')
    .argument('<model>', 'name of a model, owner/name[@revision], or folder of a checkpoint or a bundle');
  return withStoreOptions(command).action((text: string, options: StoreOptions) => {
    const found = resolveModel(cacheFolder(options), text);
    const output = createOutput(options.json === true);
    if (existsSync(join(found.folder, SUMS))) output.result(examineBundle(found.folder), describeBundle);
    else output.result(examineCheckpoint(found), describeCheckpoint);
  });
}

function examineCheckpoint(found: ReturnType<typeof resolveModel>) {
  const { folder } = found;
  const { config } = readConfig(folder);
  const { family, layers, hidden, heads, vocabulary } = config;
  const readme = join(folder, 'README.md');
  const sizes = encoderParameters(config).map(({ shape }) => shape.reduce((product, n) => product * n, 1));
  return {
    kind: 'checkpoint',
    ...('name' in found ? { name: found.name, commit: found.commit ?? null, refs: found.refs } : {}),
    folder,
    from: readRecord(folder)?.from ?? null,
    ...{ family, layers, hidden, heads, vocabulary },
    /** Of the encoder, which is what is read. */
    parameters: sizes.reduce((sum, n) => sum + n, 0),
    longestText: maxTokens(config),
    licence: (existsSync(readme) ? licenceOf(readFileSync(readme, 'utf8')) : undefined) ?? null,
    files: filesOf(folder),
  };
}

function describeCheckpoint(of: ReturnType<typeof examineCheckpoint>): string {
  const commit = of.commit === undefined || of.commit === null ? '' : `@${of.commit}`;
  return [
    `${of.name ?? 'checkpoint'}${commit}`,
    `family       ${of.family}, ${of.layers} layers x ${of.hidden}, ${of.heads} heads`,
    `vocabulary   ${of.vocabulary} tokens`,
    `parameters   ${of.parameters.toLocaleString('en')} in the encoder`,
    `longest text ${of.longestText} tokens`,
    `licence      ${of.licence ?? 'not named in README.md'}`,
    ...(of.from === null ? [] : [`from         ${of.from}`]),
    `folder       ${of.folder}`,
    '',
    table(of.files.map(({ name, bytes }) => [name, sizeText(bytes).padStart(9)])),
  ].join('\n');
}

const figures = z.object({ n: z.number(), accuracy: z.number(), macroF1: z.number(), ece: z.number().optional() });

function examineBundle(folder: string) {
  const { version, config } = loadBundle(folder);
  return {
    kind: 'bundle',
    ...{ folder, version, family: config.family, maxTokens: config.maxTokens, entities: config.entities === true },
    labels: { sentiment: config.heads.sentiment.labels, topic: config.heads.topic.labels },
    metrics: summaryOf(join(folder, 'metrics.json')),
  };
}

/** The figures by part and task, of a file whose other content is up to whoever made the bundle. */
function summaryOf(path: string): readonly (z.infer<typeof figures> & { part: string; task: string })[] {
  const parts = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(path, 'utf8')));
  return Object.entries(parts).flatMap(([part, tasks]) =>
    Object.entries(z.record(z.string(), z.unknown()).catch({}).parse(tasks)).flatMap(([task, of]) => {
      const { data } = figures.safeParse(of);
      return data === undefined ? [] : [{ part, task, ...data }];
    }),
  );
}

function describeBundle(of: ReturnType<typeof examineBundle>): string {
  return [
    `bundle       ${of.version}, of the family ${of.family}`,
    `longest text ${of.maxTokens} tokens`,
    `entities     ${of.entities ? 'sentiment towards a company in a text' : "no: a company's sentiment is its text's"}`,
    `sentiment    ${of.labels.sentiment.join(', ')}`,
    `topics       ${of.labels.topic.join(', ')}`,
    `folder       ${of.folder}`,
    ...(of.metrics.length === 0
      ? []
      : [
          '',
          table([
            ['part', 'task', 'rows', 'accuracy', 'macro-F1'],
            ...of.metrics.map((m) => [m.part, m.task, m.n, m.accuracy, m.macroF1]),
          ]),
        ]),
  ].join('\n');
}
