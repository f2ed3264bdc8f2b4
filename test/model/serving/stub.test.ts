import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStubClassifier } from '../../../src/model/serving/stub.ts';

test('gives one text one score, different texts different ones, and probabilities', async () => {
  const stub = openStubClassifier();
  const inputs = Array.from({ length: 500 }, (_, n) => ({ text: `headline ${n}` }));
  const scores = await stub.classify(inputs);
  assert.deepEqual(await stub.classify(inputs), scores);
  assert.ok(new Set(scores).size > 100);
  for (const { sentiment, topics } of scores) {
    const { negative, neutral, positive } = sentiment;
    assert.ok(Math.min(negative, neutral, positive) >= 0);
    assert.ok(Math.abs(negative + neutral + positive - 1) < 1e-9);
    assert.deepEqual(
      topics.map(({ p }) => p),
      [0.7, 0.1, 0.1, 0.1],
    );
    assert.deepEqual(topics.map(({ label }) => label).sort(), stub.labels.topics);
  }
  await stub.close();
});
