import * as ort from 'onnxruntime-node';
import { createGraph, type Graph } from '../graph/graph.ts';
import { encodeOnnx } from '../graph/onnx-file.ts';
import { matmul } from '../graph/ops.ts';
import { transpose } from '../graph/shape-ops.ts';
import type { Examples, Products } from './softmax-regression.ts';

/**
 * The products on ONNX Runtime, some fifty times as fast as plain loops. The examples are not copied. The result of a sum depends
 * in its last bits on the number of threads, so a build that is to be repeated fixes it.
 */
export async function openProducts(
  { count, features, x }: Examples,
  classes: number,
  threads: number,
): Promise<Products & { close(): Promise<void> }> {
  const open = (graph: Graph): Promise<ort.InferenceSession> =>
    ort.InferenceSession.create(encodeOnnx(graph), { intraOpNumThreads: threads, logSeverityLevel: 3 });
  const forward = await open(logitsGraph(count, features, classes));
  const backward = await open(gradientGraph(count, features, classes));
  const examples = new ort.Tensor('float32', x, [count, features]);
  const run = async (session: ort.InferenceSession, feeds: ort.InferenceSession.OnnxValueMapType): Promise<Float32Array> => {
    const data = (await session.run(feeds)).out?.data;
    if (!(data instanceof Float32Array)) throw new Error('the product graphs give floats');
    return data;
  };
  return {
    logits: (weight) => run(forward, { x: examples, w: new ort.Tensor('float32', weight, [classes, features]) }),
    gradient: (residuals) => run(backward, { x: examples, g: new ort.Tensor('float32', residuals, [count, classes]) }),
    async close() {
      await forward.release();
      await backward.release();
    },
  };
}

/** x (count, features), w (classes, features) -> x w' (count, classes) */
function logitsGraph(count: number, features: number, classes: number): Graph {
  const g = createGraph('logits');
  const x = g.input('x', 'float32', [count, features]);
  const w = g.input('w', 'float32', [classes, features]);
  g.output(matmul(g, x, transpose(g, w, [1, 0])), 'out');
  return g;
}

/** x (count, features), g (count, classes) -> g' x (classes, features) */
function gradientGraph(count: number, features: number, classes: number): Graph {
  const g = createGraph('gradient');
  const x = g.input('x', 'float32', [count, features]);
  const residuals = g.input('g', 'float32', [count, classes]);
  g.output(matmul(g, transpose(g, residuals, [1, 0]), x), 'out');
  return g;
}
