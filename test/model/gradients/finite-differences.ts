import * as ort from 'onnxruntime-node';
import { differentiate } from '../../../src/model/gradients/differentiate.ts';
import { createGraph, type Dim, type GraphBuilder, type Value } from '../../../src/model/graph/graph.ts';
import { encodeOnnx } from '../../../src/model/graph/onnx-file.ts';
import { mul, reduceSum } from '../../../src/model/graph/ops.ts';
import { fillUniform } from '../../fixtures/model/counter-parameters.ts';

export type Float = 'float64' | 'float32';

/** A function of tensors, as a graph; `shapes` are those of its inputs. Names in a shape are sizes that the graph does not know. */
export interface Case {
  readonly shapes: readonly (readonly Dim[])[];
  readonly build: (g: GraphBuilder, inputs: readonly Value[]) => Value;
  /** Where a value may not be: an input is drawn from (-1, 1) and mapped by this. */
  readonly domain?: (u: number) => number;
}

const SIZES: Readonly<Record<string, number>> = { batch: 2, tokens: 3 };
const sizes = (shape: readonly Dim[]): number[] => shape.map((size) => (typeof size === 'number' ? size : (SIZES[size] ?? 1)));
const count = (shape: readonly Dim[]): number => sizes(shape).reduce((product, size) => product * size, 1);

/**
 * The largest difference between a gradient by the table and by central differences of a loss (the result's elements in random
 * weights, summed), over the largest gradient. For every element of every input.
 */
export async function gradientError(name: string, { shapes, build, domain = (u) => u }: Case, type: Float): Promise<number> {
  const g = createGraph(name);
  const inputs = shapes.map((shape, i) => g.input(`x${i}`, type, shape));
  const y = build(g, inputs);
  const weights = g.input('weights', type, y.shape);
  const loss = reduceSum(
    g,
    mul(g, y, weights),
    Array.from({ length: y.shape.length }, (_, axis) => axis),
  );
  const gradients = differentiate(g, loss, inputs);
  g.output(loss, 'loss');
  for (const [i, gradient] of gradients.entries()) g.output(gradient, `d${i}`);
  const session = await ort.InferenceSession.create(encodeOnnx(g), { graphOptimizationLevel: 'disabled', logSeverityLevel: 3 });
  const tensor = (data: Float64Array, shape: readonly Dim[]): ort.Tensor =>
    type === 'float64' ? new ort.Tensor(type, data, sizes(shape)) : new ort.Tensor(type, Float32Array.from(data), sizes(shape));
  const values = shapes.map((shape, i) => random(`${name} ${i}`, count(shape), domain));
  const weighted = tensor(
    random(`${name} weights`, count(y.shape), (u) => u),
    y.shape,
  );
  const run = (): Promise<ort.InferenceSession.OnnxValueMapType> =>
    session.run(
      Object.fromEntries([['weights', weighted], ...values.map((data, i) => [`x${i}`, tensor(data, shapes[i] ?? [])])]),
    );
  const step = type === 'float64' ? 1e-5 : 1e-2;
  const analytic = await run();
  let error = 0;
  let largest = 0;
  for (const [i, data] of values.entries()) {
    const gradient = analytic[`d${i}`];
    if (gradient === undefined || String(gradient.dims) !== String(sizes(shapes[i] ?? []))) return Number.POSITIVE_INFINITY;
    for (const [j, at] of data.entries()) {
      data[j] = at + step;
      const above = Number((await run()).loss?.data[0]);
      data[j] = at - step;
      const below = Number((await run()).loss?.data[0]);
      data[j] = at;
      const numeric = (above - below) / (2 * step);
      error = Math.max(error, Math.abs(Number(gradient.data[j]) - numeric));
      largest = Math.max(largest, Math.abs(numeric));
    }
  }
  await session.release();
  return error / largest;
}

function random(name: string, length: number, map: (u: number) => number): Float64Array {
  const values = new Float32Array(length);
  fillUniform(name, values, map);
  return Float64Array.from(values);
}
