import { z } from 'zod';
import { configSchema } from './schema.ts';

/** A part of a JSON Schema, as far as this project reads it. */
export interface JsonSchema {
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly writeOnly?: boolean;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

const made = new WeakMap<z.ZodType, JsonSchema>();

/** A file's schema as a JSON Schema (2020-12), for editors, for messages and for the documentation. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const known = made.get(schema) ?? (z.toJSONSchema(schema, { io: 'input' }) as JsonSchema);
  made.set(schema, known);
  return known;
}

/** The configuration file's. */
export function jsonSchema(): JsonSchema {
  return { title: 'Barograph configuration', ...jsonSchemaOf(configSchema) } as JsonSchema;
}

/** The part of a schema that describes the value at a path of `file`; in a union, the branch that the value's `kind` picks. */
export function schemaAt(schema: JsonSchema, file: unknown, path: readonly (string | number)[]): JsonSchema | undefined {
  let part: JsonSchema | undefined = branch(schema, file);
  let value = file;
  for (const step of path) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
    const additional: JsonSchema | undefined =
      typeof part?.additionalProperties === 'object' ? part.additionalProperties : undefined;
    const next: JsonSchema | undefined = typeof step === 'number' ? part?.items : (part?.properties?.[step] ?? additional);
    part = next === undefined ? undefined : branch(next, value);
  }
  return part;
}

function branch(part: JsonSchema, value: unknown): JsonSchema {
  if (part.oneOf === undefined) return part;
  const kind = typeof value === 'object' && value !== null ? Reflect.get(value, 'kind') : undefined;
  return part.oneOf.find((option) => option.properties?.kind?.const === kind) ?? part;
}
