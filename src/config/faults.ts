import type { z } from 'zod';
import type { ConfigDocument, Path } from './document.ts';
import { type JsonSchema, schemaAt } from './json-schema.ts';
import { nearestKey } from './nearest-key.ts';
import type { RelationFault } from './relations.ts';

/** One thing wrong in a configuration file. Line and column count from 1. */
export interface ConfigFault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** As `feeds[0].url`; empty when the fault concerns the whole file or its syntax. */
  readonly path: string;
  /** `expected …, got …`, and the nearest known key where that helps. */
  readonly message: string;
}

/** A fault as one line: `file:line:column path: message`. */
export function formatFault(fault: ConfigFault): string {
  return `${fault.file}:${fault.line}:${fault.column} ${fault.path === '' ? '' : `${fault.path}: `}${fault.message}`;
}

function formatPath(path: Path): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}

/** All faults of a file, in the order in which they stand there. */
export function collectFaults(
  file: string,
  document: ConfigDocument,
  schema: JsonSchema,
  issues: readonly z.core.$ZodIssue[],
  relations: readonly RelationFault[],
): ConfigFault[] {
  const faults: ConfigFault[] = document.faults.map((fault) => ({ file, ...fault }));
  for (const issue of issues) faults.push(...ofIssue(file, document, schema, issue));
  for (const { path, message } of relations) faults.push({ file, ...document.positionOf(path), path: formatPath(path), message });
  return faults.sort((a, b) => a.line - b.line || a.column - b.column);
}

function ofIssue(file: string, document: ConfigDocument, schema: JsonSchema, issue: z.core.$ZodIssue): ConfigFault[] {
  const path: (string | number)[] = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(schemaAt(schema, document.value, path)?.properties ?? {});
    return issue.keys.map((key) => ({
      file,
      ...document.keyPositionOf(path, key),
      path: formatPath([...path, key]),
      message: unknownKey(key, known),
    }));
  }
  const message = `${expectation(issue)}, got ${describe(schema, document.value, path)}${kindHint(issue, document.value, path)}`;
  return [{ file, ...document.positionOf(path), path: formatPath(path), message }];
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = nearestKey(key, known);
  return `expected a known key (${known.join(', ')}), got "${key}"${near === undefined ? '' : `; did you mean ${near}?`}`;
}

const NAMES: Readonly<Record<string, string>> = {
  object: 'a mapping of keys',
  array: 'a list',
  string: 'text',
  record: 'a mapping of keys',
};

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'custom':
      return issue.message;
    case 'invalid_type':
      return `expected ${NAMES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${issue.values.map(String).join(' or ')}`;
    case 'invalid_union':
      return `expected ${kinds(issue).join(' or ')}`;
    case 'too_small':
      return `expected at least ${issue.minimum} in this list`;
    case 'too_big':
      return `expected at most ${issue.maximum} in this list`;
    default:
      return `expected another value (${issue.message})`;
  }
}

function kinds(issue: z.core.$ZodIssueInvalidUnion): string[] {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : ['another value'];
}

function kindHint(issue: z.core.$ZodIssue, file: unknown, path: Path): string {
  const value = valueAt(file, path);
  const known = issue.code === 'invalid_union' ? kinds(issue) : issue.code === 'invalid_value' ? issue.values.map(String) : [];
  const near = typeof value === 'string' ? nearestKey(value, known) : undefined;
  return near === undefined ? '' : `; did you mean ${near}?`;
}

function valueAt(file: unknown, path: Path): unknown {
  let value = file;
  for (const step of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
  return value;
}

/** What stands at a path, never showing a secret nor more than a line of it. */
function describe(schema: JsonSchema, file: unknown, path: Path): string {
  const value = valueAt(file, path);
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping of keys';
  if (schemaAt(schema, file, path)?.writeOnly === true)
    return `${value === '' ? 'an empty text' : 'something else'} (not shown: it is a secret)`;
  return typeof value === 'string'
    ? JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
    : `${typeof value} ${value}`;
}
