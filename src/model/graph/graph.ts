/**
 * An ONNX graph under construction. Nodes are kept in the order they were added, which is an order of execution, each with the
 * inferred type and shape of its results: whatever walks a graph (the encoder of the file, differentiation) reads `nodes`.
 */
export type ElementType = 'float16' | 'float32' | 'float64' | 'int64' | 'int32' | 'int8' | 'uint8' | 'bool';

/** A size, or the name of a size that is known only when the model runs (`batch`, `tokens`). */
export type Dim = number | string;

/** A tensor of the graph: an input, a constant or the result of a node. Values are compared by name. */
export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dim[];
}

/** Type and shape of a result whose name is not given yet. */
export type ValueType = Omit<Value, 'name'>;

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] };

type Attributes = Readonly<Record<string, Attribute>>;

export interface Node {
  readonly op: string;
  /** '' for ONNX's own operators, 'com.microsoft' for the fused ones of ONNX Runtime. */
  readonly domain: string;
  /** `undefined` where an optional input is left out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
}

/** The arrays that a constant may hold, by element type. */
export type ConstantArray = Float16Array | Float32Array | Float64Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;

export interface Constant {
  readonly value: Value;
  readonly data: ConstantArray;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly constants: readonly Constant[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly Value[];
}

/** A graph that still grows. Every method returns values of this graph only. */
export interface GraphBuilder extends Graph {
  /** An input of the model, under exactly this name. Throws when something else has it. */
  input(name: string, type: ElementType, shape: readonly Dim[]): Value;
  /** A constant tensor; `data` must hold the product of `shape` elements and is not copied. */
  constant(name: string, shape: readonly number[], data: ConstantArray): Value;
  /** Adds a node and returns its results, one for each entry of `results`. */
  node(op: string, inputs: readonly (Value | undefined)[], results: readonly ValueType[], more?: NodeOptions): readonly Value[];
  /** Makes a value an output of the model, under exactly this name. Throws when something else has it. */
  output(value: Value, name: string): Value;
}

interface NodeOptions {
  readonly domain?: string;
  readonly attributes?: Attributes;
}

/** An empty graph. */
export function createGraph(name: string): GraphBuilder {
  const inputs: Value[] = [];
  const constants: Constant[] = [];
  const nodes: Node[] = [];
  const outputs: Value[] = [];
  const taken = new Set<string>();

  const claim = (wanted: string): string => {
    let free = wanted;
    for (let i = 1; taken.has(free); i++) free = `${wanted}.${i}`;
    taken.add(free);
    return free;
  };

  const claimExactly = (wanted: string): string => {
    if (taken.has(wanted)) throw new Error(`the graph has a value ${wanted} already`);
    return claim(wanted);
  };

  return {
    name,
    inputs,
    constants,
    nodes,
    outputs,
    input(wanted, type, shape) {
      const value = { name: claimExactly(wanted), type, shape };
      inputs.push(value);
      return value;
    },
    constant(wanted, shape, data) {
      const size = shape.reduce((product, n) => product * n, 1);
      if (size !== data.length) throw new Error(`constant ${wanted}: [${shape}] needs ${size} elements, not ${data.length}`);
      const value = { name: claim(wanted), type: elementType(data), shape };
      constants.push({ value, data });
      return value;
    },
    node(op, nodeInputs, results, { domain = '', attributes = {} } = {}) {
      const values = results.map((result) => ({ name: claim(op.toLowerCase()), ...result }));
      nodes.push({ op, domain, inputs: nodeInputs, outputs: values, attributes });
      return values;
    },
    output(value, wanted) {
      const named = { name: claimExactly(wanted), type: value.type, shape: value.shape };
      nodes.push({ op: 'Identity', domain: '', inputs: [value], outputs: [named], attributes: {} });
      outputs.push(named);
      return named;
    },
  };
}

function elementType(data: ConstantArray): ElementType {
  if (data instanceof Float16Array) return 'float16';
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof BigInt64Array) return 'int64';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof Int8Array) return 'int8';
  return 'uint8';
}
