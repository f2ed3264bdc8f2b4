import { setTimeout as sleep } from 'node:timers/promises';
import { decodeScored } from '../src/domain/wire.ts';
import type { Ledger } from '../src/ledger/fold.ts';
import type { EventLog, LogRecord } from '../src/log/port.ts';
import { isInvalidRecord } from './dead-letter.ts';

/** How often a stand-by asks how far the owner has come. */
const ASK_MS = 500;

/**
 * Folds along with an owner, without effects, until `stop` aborts: only records below the owner's position, so that whoever takes over
 * brings about again whatever may not be stored yet. Rejects with `E_LOG_*`.
 */
export async function foldAlong(ledger: Ledger, log: EventLog, stop: AbortSignal): Promise<void> {
  const position = new Position(log);
  for await (const chunk of log.read('news.scored', 0, ledger.state.next, stop)) {
    for (const record of chunk) {
      if (!(await position.reaches(record.offset + 1, stop))) return;
      fold(ledger, record);
    }
  }
}

/** The owner's, as it was last heard of. */
class Position {
  readonly #log: EventLog;
  #known = 0;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Waits until the owner has come so far; false when it was stopped before. */
  async reaches(next: number, stop: AbortSignal): Promise<boolean> {
    while (this.#known < next && !stop.aborted) {
      this.#known = (await this.#log.positions('news.scored', 'ledger')).get(0) ?? 0;
      if (this.#known < next) await sleep(ASK_MS, undefined, { signal: stop }).catch(() => undefined);
    }
    return !stop.aborted;
  }
}

function fold(ledger: Ledger, { value, offset }: LogRecord): void {
  try {
    ledger.apply(decodeScored(value), offset);
  } catch (error) {
    if (!isInvalidRecord(error)) throw error; // the owner has kept it as a dead letter
  }
}
