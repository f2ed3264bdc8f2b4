import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Checkpoint } from '../../../src/model/checkpoint/checkpoint-folder.ts';
import type { EncoderConfig } from '../../../src/model/checkpoint/encoder-config.ts';
import { withFewerLayers } from '../../../src/model/checkpoint/fewer-layers.ts';
import { encoderParameters } from '../../../src/model/checkpoint/parameters.ts';
import { counterParameters } from '../../fixtures/model/counter-parameters.ts';

const config: EncoderConfig = {
  family: 'bert',
  ...{ vocabulary: 20, hidden: 8, layers: 12, heads: 2, intermediate: 12 },
  ...{ maxPositions: 16, tokenTypes: 2, padId: 0, layerNormEpsilon: 1e-12 },
};
const configText = JSON.stringify({
  ...{ model_type: 'bert', vocab_size: 20, hidden_size: 8, num_hidden_layers: 12, num_attention_heads: 2, intermediate_size: 12 },
  ...{ max_position_embeddings: 16, type_vocab_size: 2, transformers_version: '4.8.2' },
});
const parameters = counterParameters(encoderParameters(config));
const checkpoint: Checkpoint = { config, configText, tokenizer: '{}', tokenizerConfig: '{}', parameters };

it('a checkpoint with fewer layers has some at equal distances, the last among them', () => {
  const kept = (layers: number): readonly number[] => {
    const fewer = withFewerLayers(checkpoint, layers);
    assert.deepEqual(fewer.config, { ...config, layers });
    assert.deepEqual(JSON.parse(fewer.configText), { ...JSON.parse(configText), num_hidden_layers: layers });
    assert.deepEqual(
      encoderParameters(fewer.config).map(({ name }) => name),
      [...fewer.parameters.keys()],
    );
    const of = (layer: number) => `encoder.layer.${layer}.output.dense.weight`;
    return Array.from({ length: layers }, (_, layer) =>
      Array.from({ length: 12 }, (_, from) => from).findIndex(
        (from) => parameters.get(of(from)) === fewer.parameters.get(of(layer)),
      ),
    );
  };
  assert.deepEqual(kept(6), [1, 3, 5, 7, 9, 11]);
  assert.deepEqual(kept(4), [2, 5, 8, 11]);
  assert.deepEqual(kept(5), [1, 4, 6, 9, 11]);
  assert.deepEqual(kept(12), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  assert.throws(() => withFewerLayers(checkpoint, 13), {
    code: 'E_USAGE',
    message: /13 layers cannot be kept: the model has 12/,
  });
});
