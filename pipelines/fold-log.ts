import type { Doc } from '../src/domain/doc.ts';
import { decodeScored } from '../src/domain/wire.ts';
import type { Ledger } from '../src/ledger/fold.ts';
import type { EventLog, LogRecord } from '../src/log/port.ts';
import type { StateStore } from '../src/store/state-port.ts';
import { isInvalidRecord } from './dead-letter.ts';
import { loadLedger } from './ledger-snapshot.ts';

/* Folding what the log holds without being its owner: only the documents that come of it, nothing is written. */

/** A record that cannot be read has no effect: the owner keeps it as a dead letter. */
export function foldRecord(ledger: Ledger, { value, offset }: LogRecord): readonly Doc[] {
  try {
    return ledger.apply(decodeScored(value), offset);
  } catch (error) {
    if (!isInvalidRecord(error)) throw error;
    return [];
  }
}

/** All that the log holds, folded: from the newest snapshot on, as far behind as it may be. Rejects with `E_LOG_*`. */
export async function foldLog(log: EventLog, states: StateStore): Promise<Ledger> {
  const ledger = await loadLedger(states);
  for await (const chunk of log.read('news.scored', 0, ledger.state.next)) {
    for (const record of chunk) foldRecord(ledger, record);
  }
  return ledger;
}
