import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { DEFAULT_LEDGER_SETTINGS } from '../src/domain/settings.ts';
import { Ledger } from '../src/ledger/fold.ts';
import { decodeSnapshot, snapshotParts } from '../src/ledger/snapshot.ts';
import { emptyState, type LedgerState } from '../src/ledger/state.ts';
import type { StateStore } from '../src/store/state-port.ts';

/* The newest snapshot of the ledger, kept in the state store. */

export const SNAPSHOT_KEY = 'ledger/snapshot';

/** Off this thread, and a quarter of the size. */
const compress = promisify<Uint8Array, { level: number }, Uint8Array>(gzip);
const decompress = promisify<Uint8Array, Uint8Array>(gunzip);

/** The state as bytes, in turns. It must not change meanwhile. */
export async function takeSnapshot(state: LedgerState): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const part of snapshotParts(state)) {
    parts.push(part);
    await nextTurn();
  }
  return Buffer.concat(parts);
}

export async function keepSnapshot(states: StateStore, snapshot: Uint8Array): Promise<void> {
  await states.putBlob(SNAPSHOT_KEY, await compress(snapshot, { level: 1 }));
}

/** The fold as it stood at the newest snapshot, else from the beginning. */
export async function loadLedger(states: StateStore): Promise<Ledger> {
  return new Ledger((await loadSnapshot(states)) ?? emptyState(DEFAULT_LEDGER_SETTINGS));
}

/**
 * The state that was kept last. A snapshot only spares time: without one, or with one that cannot be read or is of another
 * version, the result is undefined and the log is folded again.
 */
export async function loadSnapshot(states: StateStore): Promise<LedgerState | undefined> {
  const bytes = await states.getBlob(SNAPSHOT_KEY);
  if (bytes === undefined) return undefined;
  try {
    return decodeSnapshot(await decompress(bytes));
  } catch {
    return undefined;
  }
}
