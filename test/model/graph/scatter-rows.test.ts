import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as ort from 'onnxruntime-node';
import { createGraph } from '../../../src/model/graph/graph.ts';
import { encodeOnnx } from '../../../src/model/graph/onnx-file.ts';
import { scatterRows } from '../../../src/model/graph/shape-ops.ts';

const [BATCH, TOKENS, WIDTH, ROUNDS] = [32, 40, 384, 40];

/* The gradients of the embeddings: as many tokens as a step has, whose words, positions and types are often the same. */
for (const rows of [2, TOKENS, 600])
  test(`sums the updates of ${rows} rows on two threads, each time to the same bits, and loses none`, async () => {
    const g = createGraph('rows');
    const table = g.input('table', 'float32', ['rows', WIDTH]);
    const indices = g.input('indices', 'int64', ['batch', 'tokens']);
    g.output(scatterRows(g, table, indices, g.input('updates', 'float32', ['batch', 'tokens', WIDTH])), 'sums');
    const session = await ort.InferenceSession.create(encodeOnnx(g), { intraOpNumThreads: 2, logSeverityLevel: 3 });
    const places = Array.from({ length: BATCH * TOKENS }, (_, token) => (token * 7919) % rows);
    const updates = Float32Array.from({ length: BATCH * TOKENS * WIDTH }, (_, i) => Math.sin(i));
    const sums = new Float64Array(rows * WIDTH);
    for (const [i, update] of updates.entries()) {
      const place = (places[Math.floor(i / WIDTH)] ?? 0) * WIDTH + (i % WIDTH);
      sums[place] = (sums[place] ?? 0) + update;
    }
    const feeds = {
      table: new ort.Tensor('float32', new Float32Array(rows * WIDTH), [rows, WIDTH]),
      indices: new ort.Tensor('int64', BigInt64Array.from(places, BigInt), [BATCH, TOKENS]),
      updates: new ort.Tensor('float32', updates, [BATCH, TOKENS, WIDTH]),
    };
    let first: Float32Array | undefined;
    for (let round = 0; round < ROUNDS; round += 1) {
      const found = (await session.run(feeds)).sums?.data as Float32Array;
      first ??= Float32Array.from(found);
      assert.ok(Buffer.from(found.buffer).equals(Buffer.from(first.buffer)), `round ${round}`);
    }
    await session.release();
    for (const [i, sum] of sums.entries()) assert.ok(Math.abs(sum - (first?.[i] ?? 0)) < 1e-4, `row ${Math.floor(i / WIDTH)}`);
  });
