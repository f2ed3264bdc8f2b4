import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openWeights, readCheckpoint } from '../../../src/model/checkpoint/checkpoint-folder.ts';
import { parseEncoderConfig } from '../../../src/model/checkpoint/encoder-config.ts';
import { encoderParameters } from '../../../src/model/checkpoint/parameters.ts';
import { encodeSafetensors } from '../../../src/model/checkpoint/write-safetensors.ts';
import { counterParameters } from '../../fixtures/model/counter-parameters.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const CONFIG = {
  ...{ model_type: 'bert', vocab_size: 8, hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 2 },
  ...{ intermediate_size: 6, max_position_embeddings: 10, type_vocab_size: 2, pad_token_id: 0 },
};
const TOKENIZER = { added_tokens: [{ id: 7 }], model: { type: 'WordPiece', vocab: { '[PAD]': 0, a: 1, b: 6 } } };
const parameters = counterParameters(encoderParameters(parseEncoderConfig(CONFIG, 'config.json')));

/** A checkpoint in a folder of its own, for as long as the test takes. */
async function withCheckpoint(use: (folder: string, write: (name: string, content: unknown) => Promise<void>) => unknown) {
  const { path, remove } = await temporaryFolder();
  const write = (name: string, content: unknown): Promise<void> =>
    writeFile(join(path, name), content instanceof Uint8Array || typeof content === 'string' ? content : JSON.stringify(content));
  try {
    await write('config.json', CONFIG);
    await write('tokenizer.json', TOKENIZER);
    await write('model.safetensors', encodeSafetensors(parameters));
    await use(path, write);
  } finally {
    await remove();
  }
}

const refuses = (folder: string, message: RegExp): void =>
  assert.throws(() => readCheckpoint(folder), { code: 'E_CHECKPOINT_INVALID', message });

describe('a checkpoint folder', () => {
  it('is read with its files as they are', () =>
    withCheckpoint((folder) => {
      const read = readCheckpoint(folder);
      assert.equal(read.configText, JSON.stringify(CONFIG));
      assert.equal(read.tokenizer, JSON.stringify(TOKENIZER));
      assert.equal(read.tokenizerConfig, '{}');
      assert.deepEqual(read.parameters, parameters);
    }));

  it('may keep its weights in several files', () =>
    withCheckpoint(async (folder, write) => {
      const entries = [...parameters];
      const shards = {
        'model-00001-of-00002.safetensors': entries.slice(0, 5),
        'model-00002-of-00002.safetensors': entries.slice(5),
      };
      const map: Record<string, string> = {};
      for (const [name, tensors] of Object.entries(shards)) {
        await write(name, encodeSafetensors(new Map(tensors)));
        for (const [tensor] of tensors) map[tensor] = name;
      }
      await write('model.safetensors.index.json', { metadata: {}, weight_map: map });
      await rm(join(folder, 'model.safetensors'));
      assert.deepEqual(readCheckpoint(folder).parameters, parameters);
      await write('model.safetensors.index.json', { weight_map: { ...map, 'embeddings.LayerNorm.bias': '../other' } });
      refuses(folder, /the index is malformed/);
      await write('model.safetensors.index.json', { weight_map: { ...map, 'embeddings.LayerNorm.bias': 'gone.safetensors' } });
      refuses(folder, /gone.safetensors: cannot be opened/);
    }));

  it('is refused when its weights are pickled, and when there are none', () =>
    withCheckpoint(async (folder, write) => {
      await rm(join(folder, 'model.safetensors'));
      assert.throws(() => openWeights(folder), { code: 'E_CHECKPOINT_INVALID', message: /no such file/ });
      await write('pytorch_model.bin', 'x');
      refuses(folder, /pickled weights are not read/);
    }));

  it('is refused when the vocabulary is of another model, or a file is missing or no JSON', () =>
    withCheckpoint(async (folder, write) => {
      await write('tokenizer.json', { model: { vocab: { a: 8 } } });
      refuses(folder, /goes to token 8, the model has 8 only/);
      await write('tokenizer.json', { model: {} });
      refuses(folder, /no tokenizer with a vocabulary/);
      await write('tokenizer.json', '{');
      refuses(folder, /tokenizer.json: this is no JSON/);
      await rm(join(folder, 'tokenizer.json'));
      refuses(folder, /tokenizer.json cannot be read/);
      await write('config.json', { ...CONFIG, model_type: 'gpt2' });
      refuses(folder, /model_type/);
    }));
});
