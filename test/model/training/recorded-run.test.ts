import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { bestOf } from '../../../src/model/training/recorded-run.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { tinyRun, tinySpec } from './tiny-run.ts';

/** As `ulimit -f` counts. */
const BLOCK = 512;

/** The run in a process whose files may have some bytes: what is longer fails as on a disk that is full. */
function limitedRun(folder: string, bytes: number): { readonly code?: string; readonly message?: string } {
  const script = join(import.meta.dirname, '..', '..', 'fixtures', 'model', 'limited-run.ts');
  const command = [
    'ulimit -f "$1" && exec "$2" "$3" "$4"',
    'sh',
    `${Math.floor(bytes / BLOCK)}`,
    process.execPath,
    script,
    folder,
  ];
  return JSON.parse(execFileSync('sh', ['-c', ...command], { encoding: 'utf8' }));
}

const filesOf = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

describe('a recorded run on a disk that fills', () => {
  let undisturbed = '';
  let folder = '';
  let remove = async (): Promise<void> => undefined;
  before(async () => {
    const made = await temporaryFolder();
    remove = made.remove;
    [undisturbed, folder] = [join(made.path, 'undisturbed'), join(made.path, 'disturbed')];
    await tinyRun(undisturbed);
  });
  after(() => remove());

  const best = (of: string): string => join(of, 'best.safetensors');
  const state = (of: string): string => join(of, 'checkpoint', 'state.safetensors');

  /** Takes the run to its second validation, and lets it go on with too little room. */
  async function disturb(bytes: number): Promise<ReturnType<typeof limitedRun> & { readonly before: readonly Buffer[] }> {
    rmSync(folder, { recursive: true, force: true });
    await assert.rejects(tinyRun(folder, { failAt: 2 }), /as if it were killed/);
    const before = [readFileSync(best(folder)), readFileSync(state(folder))];
    const ended = limitedRun(folder, bytes);
    assert.deepEqual([readFileSync(best(folder)).length, readFileSync(state(folder))], [before[0]?.length, before[1]]);
    assert.deepEqual(filesOf(folder), filesOf(undisturbed), 'nothing half-written stays');
    return { ...ended, before };
  }

  async function goesOn(): Promise<void> {
    await tinyRun(folder);
    assert.deepEqual(readFileSync(best(folder)), readFileSync(best(undisturbed)), 'as if the disk had never been full');
  }

  it('keeps the best model, and goes on when there is room', async () => {
    const { code, message, before } = await disturb(statSync(best(undisturbed)).size - BLOCK);
    assert.equal(code, 'E_OUTPUT_FAILED');
    assert.match(message ?? '', /best model so far cannot be written to .*; the one before and the last checkpoint are kept/);
    assert.deepEqual(readFileSync(best(folder)), before[0]);
    assert.equal(bestOf(folder, tinySpec().spec.parameters).size, tinySpec().spec.parameters.length);
    await goesOn();
  });

  it('keeps the checkpoint, and goes on when there is room', async () => {
    const { code, message, before } = await disturb(statSync(state(undisturbed)).size - BLOCK);
    assert.equal(code, 'E_OUTPUT_FAILED');
    assert.match(message ?? '', /checkpoint cannot be written to .*; the one before is kept/);
    assert.notDeepEqual(readFileSync(best(folder)), before[0], 'there was room for it');
    await goesOn();
  });

  it('leaves nothing half-written when there is no room for the first checkpoint', async () => {
    rmSync(folder, { recursive: true, force: true });
    const { code } = limitedRun(folder, statSync(state(undisturbed)).size - BLOCK);
    assert.equal(code, 'E_OUTPUT_FAILED');
    assert.deepEqual(filesOf(folder), ['best.safetensors', 'history.ndjson']);
    await goesOn();
  });
});
