import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { BarographError } from '../domain/errors.ts';
import { type ConfigDocument, readDocument } from './document.ts';
import { type ConfigFault, collectFaults, formatFault } from './faults.ts';
import { jsonSchemaOf } from './json-schema.ts';
import { checkRelations, type RelationFault } from './relations.ts';
import { type Config, configSchema } from './schema.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** `E_CONFIG_INVALID` with every fault of the file; the message lists them, one a line. */
export class ConfigError extends BarographError {
  readonly faults: readonly ConfigFault[];

  constructor(file: string, faults: readonly ConfigFault[]) {
    const count = `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`;
    super('E_CONFIG_INVALID', `${file} has ${count}:\n${faults.map(formatFault).join('\n')}`, {
      facts: { file, faults: faults.length },
    });
    this.faults = faults;
  }
}

/** Reads and checks a configuration file. Rejects with `E_CONFIG_MISSING`, or with a `ConfigError` that lists all faults. */
export async function loadConfig(path: string, env: Environment): Promise<Config> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new BarographError(
      'E_CONFIG_MISSING',
      `The configuration ${path} cannot be read. Run \`barograph init\` to write one.`,
      {
        cause,
        facts: { file: path },
      },
    );
  });
  const { config, faults } = checkConfig(text, path, env);
  if (config === undefined) throw new ConfigError(path, faults);
  return config;
}

/**
 * Checks the text of a configuration; `file` names it in the faults, and its folder is what relative folders are relative
 * to. `config` is there exactly when there are no faults. The empty text gives the defaults.
 */
export function checkConfig(
  text: string,
  file: string,
  env: Environment,
): { readonly config?: Config; readonly faults: readonly ConfigFault[] } {
  const { value, faults } = checkDocument(configSchema, readDocument(text, env), file, checkRelations);
  return value === undefined ? { faults } : { config: absolute(value, dirname(resolve(file))), faults };
}

/** Checks a file that was read against a schema. `value` is there exactly when there are no faults. */
export function checkDocument<T>(
  schema: z.ZodType<T>,
  document: ConfigDocument,
  file: string,
  relations: (value: unknown) => readonly RelationFault[] = () => [],
): { readonly value?: T; readonly faults: readonly ConfigFault[] } {
  const result = schema.safeParse(document.value);
  const issues = result.success ? [] : result.error.issues;
  const faults = collectFaults(file, document, jsonSchemaOf(schema), issues, relations(document.value));
  return result.success && faults.length === 0 ? { value: result.data, faults } : { faults };
}

function absolute(config: Config, folder: string): Config {
  const from = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(folder, path));
  const { model, kafka, elasticsearch } = config;
  return {
    ...config,
    dataDir: resolve(folder, config.dataDir),
    model: { ...model, bundleDir: from(model.bundleDir) },
    kafka: kafka && { ...kafka, ca: from(kafka.ca), certificate: from(kafka.certificate), key: from(kafka.key) },
    elasticsearch: elasticsearch && { ...elasticsearch, ca: from(elasticsearch.ca) },
  };
}
