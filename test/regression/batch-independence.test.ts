import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadBundle } from '../../src/model/bundle/load-bundle.ts';
import { hiddenOutput } from '../../src/model/encoder/serving-graph.ts';
import { padBatch } from '../../src/model/serving/batches.ts';
import { openOnnxRuntimeSession } from '../../src/model/serving/onnxruntime-session.ts';
import type { Session } from '../../src/model/serving/port.ts';
import { openTextEncoder } from '../../src/model/serving/text-encoder.ts';
import { textsOfManyKinds } from '../fixtures/model/texts-of-many-kinds.ts';

const { config, model, tokenizer, tokenizerConfig } = loadBundle(join(import.meta.dirname, '../../models/default'));
const encode = openTextEncoder({ tokenizer, tokenizerConfig }, config.family, config.maxTokens);
/** Some are asked about an entity, so that pairs stand among single texts. */
const texts = textsOfManyKinds(240).map((text, n) => encode(text, n % 3 === 0 ? 'Reliance Industries' : undefined));
const outputs = config.layers.map(hiddenOutput);
const one = await openOnnxRuntimeSession(model, outputs, 1);
const two = await openOnnxRuntimeSession(model, outputs, 2);
after(() => Promise.all([one.close(), two.close()]));

/** The bytes of every state of the texts at `indices`, as the session gives them in one batch of at least `width` tokens. */
async function bytes(session: Session, indices: readonly number[], width = 0): Promise<Buffer[]> {
  const members = indices.map((index) => texts[index] ?? { ids: [] });
  const batch = padBatch(members, config.padId, width);
  const states = await session.run(batch);
  return members.map((text, row) => {
    const begin = row * batch.tokens * config.hidden;
    const own = states.map((state) => state.slice(begin, begin + text.ids.length * config.hidden));
    return Buffer.concat(own.map((floats) => Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength)));
  });
}

test('gives a text the same bytes in every layer alone, batched, shuffled, padded, on 1 thread and on 2', async () => {
  const lengths = texts.map(({ ids }) => ids.length);
  assert.ok(Math.min(...lengths) <= 3 && Math.max(...lengths) >= 100, 'the texts are of many lengths');
  const alone: Buffer[] = [];
  for (const index of texts.keys()) alone.push(...(await bytes(one, [index])));
  const size = 20;
  for (const session of [one, two]) {
    for (const stride of [1, 7, 53]) {
      // Strides that share no factor with 240 visit every text once, in another company each.
      const order = texts.map((_, n) => (n * stride) % texts.length);
      for (let at = 0; at < order.length; at += size) {
        const indices = order.slice(at, at + size);
        const width = stride === 53 ? 128 : 0;
        for (const [n, got] of (await bytes(session, indices, width)).entries()) {
          const index = indices[n] ?? 0;
          assert.ok(got.equals(alone[index] ?? Buffer.alloc(0)), `text ${index} differs in a batch with ${indices}`);
        }
      }
    }
  }
});
