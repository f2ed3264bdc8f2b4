import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parityError } from '../../fixtures/model/parity.ts';

for (const family of ['roberta', 'bert']) {
  test(`gives the hidden states and logits of PyTorch's transformers for a small ${family} with padding in the batch`, async () => {
    const error = await parityError(family);
    assert.ok(error.logitsDeviation >= 1, `logits deviate by ${error.logitsDeviation} only`);
    assert.ok(error.hidden <= 1e-4, `hidden states differ by ${error.hidden}`);
    assert.ok(error.logits <= 1e-4, `logits differ by ${error.logits}`);
  });
}
