import protobuf from 'protobufjs/minimal.js';
import type { Tensor } from '../src/model/checkpoint/safetensors.ts';

// Field numbers of onnx.proto3, of the fields that are read.
const MODEL = { graph: 7 };
const GRAPH = { node: 1, initializer: 5 };
const NODE = { input: 1, output: 2, op: 4 };
const TENSOR = { dims: 1, type: 2, name: 8, rawData: 9 };
const FLOAT = 1;

interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * The weights of an encoder that was exported to ONNX by PyTorch, under the names that they had there. The exporter keeps the names
 * of vectors and embeddings; a linear layer's matrix loses its own and is stored as (in, out): it is found by the bias that is added
 * to its product, and turned back. Throws on a file that is no such export.
 */
export function readOnnxWeights(file: Uint8Array): ReadonlyMap<string, Tensor> {
  const graph = fieldsOf(fieldsOf(file).get(MODEL.graph)?.[0] ?? new Uint8Array());
  const stored = new Map((graph.get(GRAPH.initializer) ?? []).flatMap((tensor) => readTensor(tensor)));
  const nodes = (graph.get(GRAPH.node) ?? []).map(readNode);
  const added = new Map(nodes.filter(({ op }) => op === 'Add').flatMap(({ inputs }) => pairs(inputs)));
  const weights = new Map([...stored].filter(([name]) => !name.startsWith('onnx::')));
  for (const { op, inputs, outputs } of nodes) {
    const matrix = stored.get(inputs[1] ?? '');
    const bias = added.get(outputs[0] ?? '');
    if (op === 'MatMul' && matrix !== undefined && bias?.endsWith('.bias'))
      weights.set(bias.replace(/bias$/, 'weight'), transposed(matrix));
  }
  return weights;
}

/** Both ways round: an addition may name the bias first. */
const pairs = ([a = '', b = '']: readonly string[]): [string, string][] => [
  [a, b],
  [b, a],
];

/** The length-delimited fields of a message by number; others are passed over. */
function fieldsOf(message: Uint8Array): ReadonlyMap<number, readonly Uint8Array[]> {
  const reader = protobuf.Reader.create(message);
  const fields = new Map<number, Uint8Array[]>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if ((tag & 7) !== 2) reader.skipType(tag & 7);
    else fields.set(tag >>> 3, [...(fields.get(tag >>> 3) ?? []), reader.bytes()]);
  }
  return fields;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

function readNode(message: Uint8Array): Node {
  const fields = fieldsOf(message);
  const texts = (field: number): string[] => (fields.get(field) ?? []).map(text);
  return { op: texts(NODE.op)[0] ?? '', inputs: texts(NODE.input), outputs: texts(NODE.output) };
}

/** None for what is not in 32-bit floats. */
function readTensor(message: Uint8Array): [string, Tensor][] {
  const reader = protobuf.Reader.create(message);
  const shape: number[] = [];
  let [type, name, raw] = [0, '', new Uint8Array()];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === TENSOR.dims && (tag & 7) === 0) shape.push(Number(reader.int64()));
    else if (tag >>> 3 === TENSOR.type) type = reader.int32();
    else if (tag >>> 3 === TENSOR.name) name = reader.string();
    else if (tag >>> 3 === TENSOR.rawData)
      raw = Uint8Array.from(reader.bytes()); // a copy is aligned
    else reader.skipType(tag & 7);
  }
  return type === FLOAT ? [[name, { shape, data: new Float32Array(raw.buffer) }]] : [];
}

function transposed({ shape: [rows = 0, columns = 0], data }: Tensor): Tensor {
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turned[column * rows + row] = data[row * columns + column] ?? 0;
  return { shape: [columns, rows], data: turned };
}
