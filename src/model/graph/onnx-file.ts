import protobuf from 'protobufjs/minimal.js';
import type { Attribute, Constant, Graph, Node, Value } from './graph.ts';
import { DATA_TYPES } from './ops.ts';

/** Operator set of the files written here: the first with `Gelu`. */
const OPSET = 20;
/** File format version that belongs to opset 20 (ONNX 1.15). */
const IR_VERSION = 9;
/** A protobuf message may not reach 2 GiB. */
const MESSAGE_LIMIT = 2 ** 31 - 1;

// Field numbers of onnx.proto3 (ONNX 1.15), of the fields that are written.
const MODEL = { irVersion: 1, producer: 2, graph: 7, opset: 8 };
const OPERATOR_SET = { domain: 1, version: 2 };
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 };
const NODE = { input: 1, output: 2, name: 3, op: 4, attribute: 5, domain: 7 };
const ATTRIBUTE = { name: 1, float: 2, int: 3, string: 4, ints: 8, type: 20 };
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 };
const TENSOR = { dims: 1, type: 2, name: 8, rawData: 9 };
const VALUE_INFO = { name: 1, type: 2 };
const TYPE = { tensor: 1 };
const TENSOR_TYPE = { element: 1, shape: 2 };
const SHAPE = { dim: 1 };
const DIM = { value: 1, name: 2 };

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** Pieces of a message: constants go into the file by reference, copied once at the end. */
type Pieces = readonly Uint8Array[];

const written = (write: (w: protobuf.Writer) => void): Uint8Array => {
  const writer = protobuf.Writer.create();
  write(writer);
  return writer.finish();
};
const tag = (field: number, wire: number): number => (field << 3) | wire;
const number = (field: number, value: number): Uint8Array => written((w) => w.uint32(tag(field, VARINT)).int64(value));
const float32 = (field: number, value: number): Uint8Array => written((w) => w.uint32(tag(field, FIXED32)).float(value));
const text = (field: number, value: string): Uint8Array => written((w) => w.uint32(tag(field, LENGTH_DELIMITED)).string(value));
const byteLength = (pieces: Pieces): number => pieces.reduce((sum, piece) => sum + piece.byteLength, 0);

function message(field: number, pieces: Pieces): Pieces {
  return [written((w) => w.uint32(tag(field, LENGTH_DELIMITED)).uint32(byteLength(pieces))), ...pieces];
}

/** The bytes of an ONNX file of this graph. Deterministic. Throws when they would pass protobuf's 2 GiB. */
export function encodeOnnx(of: Graph): Uint8Array {
  const graph = withDirectOutputs(of);
  const domains = [...new Set(graph.nodes.map((node) => node.domain))].sort();
  const pieces = [
    number(MODEL.irVersion, IR_VERSION),
    text(MODEL.producer, 'barograph'),
    ...message(MODEL.graph, graphPieces(graph)),
    ...domains.flatMap((domain) =>
      message(MODEL.opset, [text(OPERATOR_SET.domain, domain), number(OPERATOR_SET.version, domain === '' ? OPSET : 1)]),
    ),
  ];
  const bytes = byteLength(pieces);
  if (bytes > MESSAGE_LIMIT) throw new Error(`a model of ${bytes} bytes does not fit an ONNX file without external data`);
  const file = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    file.set(piece, at);
    at += piece.byteLength;
  }
  return file;
}

/**
 * An output is an `Identity` of some value. Where that value is the result of a node, the file gives the node's result the
 * output's name instead: ONNX Runtime would copy it.
 */
function withDirectOutputs(graph: Graph): Graph {
  const results = new Set(graph.nodes.flatMap(({ outputs }) => outputs.map(({ name }) => name)));
  const wanted = new Set(graph.outputs.map(({ name }) => name));
  const renamed = new Map<string, Value>();
  const dropped = new Set<Node>();
  for (const node of graph.nodes) {
    const [from, to] = [node.inputs[0], node.outputs[0]];
    if (node.op !== 'Identity' || from === undefined || to === undefined || !wanted.has(to.name)) continue;
    if (!results.has(from.name) || wanted.has(from.name) || renamed.has(from.name)) continue;
    renamed.set(from.name, to);
    dropped.add(node);
  }
  const rename = <T extends Value | undefined>(value: T): T | Value => renamed.get(value?.name ?? '') ?? value;
  const nodes = graph.nodes
    .filter((node) => !dropped.has(node))
    .map((node) => ({ ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map((value) => rename(value)) }));
  return { ...graph, nodes };
}

function graphPieces(graph: Graph): Pieces {
  return [
    ...graph.nodes.flatMap((node, index) => message(GRAPH.node, nodePieces(node, index))),
    text(GRAPH.name, graph.name),
    ...graph.constants.flatMap((constant) => message(GRAPH.initializer, tensorPieces(constant))),
    ...graph.inputs.flatMap((value) => message(GRAPH.input, valuePieces(value))),
    ...graph.outputs.flatMap((value) => message(GRAPH.output, valuePieces(value))),
  ];
}

function nodePieces(node: Node, index: number): Pieces {
  return [
    ...node.inputs.map((value) => text(NODE.input, value?.name ?? '')),
    ...node.outputs.map((value) => text(NODE.output, value.name)),
    text(NODE.name, `${node.op}_${index}`),
    text(NODE.op, node.op),
    ...Object.entries(node.attributes).flatMap(([name, attribute]) => message(NODE.attribute, attributePieces(name, attribute))),
    text(NODE.domain, node.domain),
  ];
}

function attributePieces(name: string, attribute: Attribute): Pieces {
  return [text(ATTRIBUTE.name, name), ...attributeValue(attribute), number(ATTRIBUTE.type, ATTRIBUTE_TYPE[attribute.kind])];
}

function attributeValue(attribute: Attribute): Pieces {
  switch (attribute.kind) {
    case 'int':
      return [number(ATTRIBUTE.int, attribute.value)];
    case 'float':
      return [float32(ATTRIBUTE.float, attribute.value)];
    case 'string':
      return [text(ATTRIBUTE.string, attribute.value)];
    case 'ints':
      return attribute.value.map((value) => number(ATTRIBUTE.ints, value));
    default:
      return attribute satisfies never;
  }
}

function tensorPieces({ value, data }: Constant): Pieces {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return [
    ...value.shape.map((size) => number(TENSOR.dims, Number(size))),
    number(TENSOR.type, DATA_TYPES[value.type]),
    text(TENSOR.name, value.name),
    ...message(TENSOR.rawData, [raw]),
  ];
}

function valuePieces(value: Value): Pieces {
  const dims = value.shape.flatMap((size) =>
    message(SHAPE.dim, [typeof size === 'number' ? number(DIM.value, size) : text(DIM.name, size)]),
  );
  const tensor = [number(TENSOR_TYPE.element, DATA_TYPES[value.type]), ...message(TENSOR_TYPE.shape, dims)];
  return [text(VALUE_INFO.name, value.name), ...message(VALUE_INFO.type, message(TYPE.tensor, tensor))];
}
