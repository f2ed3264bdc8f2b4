import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { bestOf, recordedRun } from '../../../src/model/training/recorded-run.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { tinyOptions, tinySpec } from './tiny-run.ts';

describe('a recorded run', () => {
  it('keeps the best model and the checkpoint when the disk fills, and goes on when there is room', async () => {
    const { path: folder, remove } = await temporaryFolder();
    try {
      const { spec, initial } = tinySpec();
      const { validate: _, onBest: __, validateEvery: ___, ...options } = tinyOptions();
      const best = join(folder, 'best.safetensors');
      let validations = 0;
      let full = true;
      const run = () =>
        recordedRun(
          options,
          { folder, every: 0.5, listener: {} },
          async () => {
            validations += 1;
            if (full && validations === 2) await symlink('/dev/full', `${best}.new`);
            return { value: validations, tasks: {} };
          },
          initial,
        );
      await assert.rejects(run(), { code: 'E_OUTPUT_FAILED', message: /the one before and the last checkpoint are kept/ });
      const kept = await readFile(best);
      assert.equal(bestOf(folder, spec.parameters).size, spec.parameters.length);
      assert.ok(existsSync(join(folder, 'checkpoint', 'state.safetensors')));
      assert.ok(!existsSync(`${best}.new`));
      full = false;
      validations = 1;
      const { stoppedEarly } = await run();
      assert.equal(stoppedEarly, false);
      const gone = await readFile(best);
      assert.notDeepEqual(gone, kept);
      await rm(join(folder, 'checkpoint'), { recursive: true });
      validations = 0;
      await run();
      assert.deepEqual(await readFile(best), gone, 'as if the disk had never been full');
    } finally {
      await remove();
    }
  });
});
