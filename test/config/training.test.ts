import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadTraining, type Setting, type TrainingConfig } from '../../src/config/training.ts';
import { TRAINING_TEMPLATE } from '../../src/config/training-template.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('train.yaml', () => {
  let folder: string;
  let remove: () => Promise<void>;
  before(async () => {
    ({ path: folder, remove } = await temporaryFolder());
  });
  after(() => remove());

  const load = async (text: string, ...settings: Setting[]): Promise<TrainingConfig> => {
    await writeFile(join(folder, 'train.yaml'), text);
    return loadTraining(join(folder, 'train.yaml'), settings, {});
  };

  it('is what the example says, and every key of the example has its default', async () => {
    const { data: _, ...example } = await load(TRAINING_TEMPLATE);
    const { data: __, ...defaults } = await load('start: ./all-MiniLM-L6-v2\ndata: [{ file: a.csv, task: topic }]');
    assert.deepEqual(example, defaults);
  });

  it('takes every method, optimizer and key that stands in a comment of the example', async () => {
    const lines = TRAINING_TEMPLATE.split('\n');
    const blocks = lines.flatMap((line, i) => {
      const key = /^# (method|optimizer):$/.exec(line)?.[1];
      if (key === undefined) return [];
      const end = lines.findIndex((next, at) => at > i && !next.startsWith('#   '));
      return [{ key, block: lines.slice(i, end).map((each) => each.replace(/^# /, '')) }];
    });
    assert.equal(blocks.length, 6);
    for (const { key, block } of blocks) {
      const without = TRAINING_TEMPLATE.replace(new RegExp(`^${key}:\n(  .*\n)+`, 'm'), '');
      await load(`${without}\n${block.join('\n')}`);
    }
    const single = lines.filter((line) => /^ *# (topics|threads|file): ?\S/.test(line)).map((line) => line.replace('# ', ''));
    assert.equal(single.length, 3);
    await load(TRAINING_TEMPLATE.replace(/^ *# (topics|threads|file): ?\S.*$/gm, (line) => line.replace('# ', '')));
  });

  it('lays settings over the file, and resolves paths by where they were written', async () => {
    const file = 'start: ./tiny\noutput: ./out\ndata: [{ file: a.csv, task: topic }]\nepochs: 2';
    const config = await load(file, ['epochs', '5'], ['optimizer.learning_rate', '3e-5'], ['split.file', 'split.csv']);
    assert.deepEqual([config.epochs, config.optimizer.rate], [5, 3e-5]);
    assert.equal(config.output, join(folder, 'out'));
    assert.equal(config.data[0]?.file, join(folder, 'a.csv'));
    assert.equal(config.split.file, resolve('split.csv'));
    const lora = await load(`${file}\nmethod: { kind: top-layers, layers: 2 }`, ['method', '{ kind: lora, rank: 4 }']);
    assert.deepEqual(lora.method, { kind: 'lora', rank: 4, alpha: 16, dropout: 0, targets: ['query', 'value'] });
  });

  it('names the file, the place and the nearest key of what is wrong', async () => {
    await assert.rejects(load('start: x\ndata: [{ file: a.csv, task: topics }]\noptimiser: { kind: adamw }'), {
      code: 'E_CONFIG_INVALID',
      message:
        /train\.yaml:2:29 data\[0\]\.task: .*got "topics"; did you mean topic\?.*train\.yaml:3:1 optimiser: .*did you mean optimizer\?/s,
    });
    await assert.rejects(loadTraining(join(folder, 'none.yaml'), [], {}), { code: 'E_CONFIG_MISSING' });
    await assert.rejects(loadTraining(undefined, [['epochs', '0']], {}), {
      message: /the command line.*start: expected.*data: expected/s,
    });
  });
});
