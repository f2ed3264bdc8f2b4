import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { foldLog } from '../../pipelines/fold-log.ts';
import { keepSnapshot, takeSnapshot } from '../../pipelines/ledger-snapshot.ts';
import { HOUR, scored, T0, tick } from '../ledger/scored.ts';
import { appendScored, memorySystem } from './memory-system.ts';

const late = (id: string) => scored({ id, title: `News of ${id}`, at: T0 - 400 * HOUR });

describe('foldLog', () => {
  it('comes to the end of the log, however far behind the newest snapshot is', async () => {
    const { log, states } = memorySystem('ledger');
    await appendScored(log, [tick(T0), late('a'), late('b')]);
    const part = await foldLog(log, states);
    assert.equal(part.state.counters.late, 2);
    await keepSnapshot(states, await takeSnapshot(part.state));
    await appendScored(log, ['{}', late('b'), late('c')]); // one that cannot be read, and a repeat
    const { counters, next } = (await foldLog(log, states)).state;
    assert.deepEqual([counters.late, counters.repeats, next], [3, 1, 6]);
  });
});
