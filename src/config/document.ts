import { readFileSync } from 'node:fs';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument, visit } from 'yaml';

/** Where something stands in a file, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface DocumentFault extends Position {
  readonly path: string;
  readonly message: string;
}

export type Path = readonly (string | number)[];

/** A YAML file as plain values, with the positions of its keys and values. */
export interface ConfigDocument {
  /** Mappings whose value is empty are left out, as if the key were not there. */
  readonly value: unknown;
  readonly faults: readonly DocumentFault[];
  /** Position of the value at a path; of the nearest parent that exists when there is none. */
  positionOf(path: Path): Position;
  /** Position of a key. */
  keyPositionOf(path: Path, key: string): Position;
}

/**
 * Reads YAML 1.2 and expands `${VAR}` and `${VAR:default}` in parsed scalar values only: never in keys, never in the raw
 * text, so that a value can neither add structure nor be read as another type. `$${` stands for a plain `${`.
 */
export function readDocument(text: string, env: Readonly<Record<string, string | undefined>>): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const at = (offset: number | undefined): Position => {
    const { line, col } = lines.linePos(offset ?? 0);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const faults: DocumentFault[] = document.errors.map((error) => ({
    ...at(error.pos[0]),
    path: '',
    message: error.code === 'DUPLICATE_KEY' ? 'expected each key once, got this one again' : `expected YAML: ${error.message}`,
  }));
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string') return;
      const { expanded, missing } = expandVariables(node.value, env);
      for (const message of missing) faults.push({ ...at(node.range?.[0]), path: '', message });
      node.value = expanded;
    },
  });
  const root = document.contents;
  const positionOf = (path: Path): Position => at(nodeAt(root, path)?.range?.[0]);
  return {
    value: plainValue(() => document.toJS({ maxAliasCount: 100 }), faults),
    faults,
    positionOf,
    keyPositionOf(path, key) {
      const parent = nodeAt(root, path);
      const pair = isMap(parent) ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key) : undefined;
      const keyNode = pair?.key;
      return isScalar(keyNode) ? at(keyNode.range?.[0]) : positionOf(path);
    },
  };
}

function plainValue(read: () => unknown, faults: DocumentFault[]): unknown {
  try {
    return withoutNulls(read()) ?? {};
  } catch (error) {
    faults.push({
      line: 1,
      column: 1,
      path: '',
      message: `expected YAML: ${error instanceof Error ? error.message : String(error)}`,
    });
    return {};
  }
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  const entries = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(entries.map(([key, member]) => [key, withoutNulls(member)]));
}

function nodeAt(root: ParsedNode | null, path: Path): Node | undefined {
  let node: Node | undefined = root ?? undefined;
  for (const step of path) {
    let next: unknown;
    if (isMap(node)) next = node.get(step, true);
    else if (isSeq(node)) next = node.get(step, true);
    if (!(isMap(next) || isSeq(next) || isScalar(next) || isAlias(next))) return node;
    node = next;
  }
  return node;
}

function variableOf(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  return value === '' ? undefined : value;
}

/** Without the line's end that editors leave. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined;
  } catch {
    return undefined;
  }
}

/**
 * A variable's value is its own, or the text of the file that `NAME_FILE` names, as containers are given secrets. Those without a value
 * and without a default are reported and expand to nothing. An empty value counts as none.
 */
function expandVariables(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): { readonly expanded: string; readonly missing: readonly string[] } {
  const missing: string[] = [];
  const expanded = text.replace(/\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?\}/g, (whole, variable, fallback) => {
    if (whole === '$${') return '${';
    const value = variableOf(env, variable);
    if (value !== undefined) return value;
    const file = variableOf(env, `${variable}_FILE`);
    const text = file === undefined ? undefined : textOf(file);
    if (text !== undefined) return text;
    if (file !== undefined) missing.push(`expected a file that can be read and is not empty, which ${variable}_FILE names`);
    else if (fallback !== undefined) return fallback;
    else
      missing.push(
        `expected a value for the environment variable ${variable}, which is not set; set it or write \${${variable}:default}`,
      );
    return '';
  });
  return { expanded, missing };
}
