import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpoint } from '../../../src/model/checkpoint/checkpoint-folder.ts';
import { encodeSafetensors } from '../../../src/model/checkpoint/write-safetensors.ts';
import { writeTinyCheckpoint } from '../../fixtures/model/tiny-checkpoint.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import type { Repository } from './hub-server.ts';

export const COMMIT = 'c0ffee0123456789c0ffee0123456789c0ffee01';
const CARD = '---\nlanguage: en\nlicense: apache-2.0\ntags:\n- tiny\n---\n# A tiny model\n';

/** A repository with the tiny checkpoint and some files that nobody fetches; its weights are in LFS. */
export async function tinyRepository(): Promise<Repository> {
  const { path, remove } = await temporaryFolder();
  try {
    writeTinyCheckpoint(path, ['shares', 'fall', 'rise']);
    const files = new Map(readdirSync(path).map((name) => [name, readFileSync(join(path, name))]));
    files.set('README.md', Buffer.from(CARD));
    files.set('LICENSE.txt', Buffer.from('Do as you like.\n'));
    files.set('vocab.txt', Buffer.from('shares\nfall\nrise\n'));
    for (const name of ['.gitattributes', 'pytorch_model.bin', 'onnx/model.onnx', 'modeling.py'])
      files.set(name, Buffer.from(name));
    return { commit: COMMIT, files, lfs: new Set(['model.safetensors', 'pytorch_model.bin']) };
  } finally {
    await remove();
  }
}

/** The same with its weights in two files and an index. */
export async function shardedRepository(): Promise<Repository> {
  const { path, remove } = await temporaryFolder();
  try {
    const { commit, files } = await tinyRepository();
    writeTinyCheckpoint(path, ['shares', 'fall', 'rise']);
    const tensors = [...readCheckpoint(path).parameters];
    files.delete('model.safetensors');
    const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
    files.set(names[0], Buffer.from(encodeSafetensors(new Map(tensors.slice(0, 9)))));
    files.set(names[1], Buffer.from(encodeSafetensors(new Map(tensors.slice(9)))));
    const map = Object.fromEntries(tensors.map(([tensor], i) => [tensor, names[i < 9 ? 0 : 1]]));
    files.set('model.safetensors.index.json', Buffer.from(JSON.stringify({ metadata: {}, weight_map: map })));
    return { commit, files, lfs: new Set(names) };
  } finally {
    await remove();
  }
}
