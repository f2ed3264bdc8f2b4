import { setTimeout as sleep } from 'node:timers/promises';
import { BarographError } from '../src/domain/errors.ts';
import type { Ledger } from '../src/ledger/fold.ts';
import type { EventLog } from '../src/log/port.ts';
import type { PipelineMeter } from '../src/ops/metrics.ts';
import type { StateStore } from '../src/store/state-port.ts';
import { foldRecord } from './fold-log.ts';
import { loadLedger } from './ledger-snapshot.ts';

/** How often a stand-by asks how far the owner has come. */
const ASK_MS = 500;

export interface StandbyDeps {
  readonly log: EventLog;
  readonly states: StateStore;
  readonly meter: PipelineMeter;
}

/** What a stand-by folded, and the record that the snapshot stands before with which it began. */
interface Followed {
  readonly ledger: Ledger;
  readonly snapshotNext: number;
}

/** Folds along with an owner, if one there is, so that whoever takes over can go on from there at once. */
export class Standby {
  readonly #deps: StandbyDeps;
  readonly #stop = new AbortController();
  #following: Promise<Followed | undefined> | undefined;

  constructor(deps: StandbyDeps) {
    this.#deps = deps;
  }

  begin(): void {
    if (!this.#stop.signal.aborted) this.#following ??= this.#follow();
  }

  /** What was folded, when it did not fail: whoever takes over begins with a snapshot otherwise. */
  async end(): Promise<Followed | undefined> {
    this.#stop.abort();
    return this.#following;
  }

  async #follow(): Promise<Followed | undefined> {
    const { log, states, meter } = this.#deps;
    try {
      const ledger = await loadLedger(states);
      const snapshotNext = ledger.state.next;
      await foldAlong(ledger, log, this.#stop.signal);
      return { ledger, snapshotNext };
    } catch (error) {
      meter.error(error instanceof BarographError ? error.code : 'E_UNKNOWN');
      return undefined;
    }
  }
}

/**
 * Folds along with an owner, without effects, until `stop` aborts: only records below the owner's position, so that whoever takes over
 * brings about again whatever may not be stored yet. Rejects with `E_LOG_*`.
 */
async function foldAlong(ledger: Ledger, log: EventLog, stop: AbortSignal): Promise<void> {
  const position = new Position(log);
  for await (const chunk of log.read('news.scored', 0, ledger.state.next, stop)) {
    for (const record of chunk) {
      if (!(await position.reaches(record.offset + 1, stop))) return;
      foldRecord(ledger, record);
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
