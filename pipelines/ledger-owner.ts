import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Doc } from '../src/domain/doc.ts';
import { BarographError } from '../src/domain/errors.ts';
import { bucketStart } from '../src/domain/series.ts';
import { DEFAULT_LEDGER_SETTINGS } from '../src/domain/settings.ts';
import { decodeScored, encodeAlert, encodeScored } from '../src/domain/wire.ts';
import { cutWrites, latestDocs } from '../src/ledger/effects.ts';
import { Ledger } from '../src/ledger/fold.ts';
import { emptyState } from '../src/ledger/state.ts';
import type { Delivery } from '../src/log/port.ts';
import { DocumentsRejected } from '../src/store/trend-port.ts';
import { isInvalidRecord, keepRejected, type Rejected, rejectedRecord } from './dead-letter.ts';
import type { LedgerDeps } from './ledger.ts';
import { keepSnapshot, loadLedger, takeSnapshot } from './ledger-snapshot.ts';
import { Standby } from './ledger-standby.ts';

/** A snapshot is taken after so many records or so long, whichever is first: at most this much is folded again after a crash. */
const SNAPSHOT_RECORDS = 50_000;
const SNAPSHOT_MS = 60_000;
/** Documents of one write. */
const WRITE = 250;
/** The fold lets others have their turn after this long: one thread serves the dashboard as well. */
const TURN_MS = 5;

/** A batch of records, and what folding it came to. */
export interface Folded {
  readonly batch: readonly Delivery[];
  readonly effects: readonly Doc[];
  readonly rejected: readonly Rejected[];
  /** The state after the batch, when it is time to keep it. */
  readonly snapshot: Uint8Array | undefined;
}

/** The fold in the hands of whoever holds the partition. */
export class LedgerOwner {
  readonly #deps: LedgerDeps;
  readonly #standby: Standby;
  #ledger = new Ledger(emptyState(DEFAULT_LEDGER_SETTINGS));
  /**
   * Alerts of records below are in the `alerts` topic already. The store is written again from the snapshot on: it may have
   * lost what came after it in a loss of power, and a repeated write changes nothing.
   */
  #announcedBelow = 0;
  #resumed = false;
  #resumedAt = 0;
  /** The newest snapshot: the record that it stands before, and when it was taken. */
  #snapshot = { next: 0, at: 0 };
  #ticker: NodeJS.Timeout | undefined;

  constructor(deps: LedgerDeps) {
    this.#deps = deps;
    this.#standby = new Standby(deps);
  }

  /** Until it is this one's turn. */
  standBy(): void {
    this.#standby.begin();
  }

  /** Where the fold goes on. Once only: what was read before the partition was lost must not be folded after it came back. */
  async resume(): Promise<number> {
    if (this.#resumed)
      throw new BarographError('E_LOG_UNAVAILABLE', 'The ledger lost its partition to another owner, and begins anew.');
    this.#resumed = true;
    const followed = await this.#standby.end();
    this.#ledger = followed?.ledger ?? (await loadLedger(this.#deps.states));
    this.#resumedAt = this.#ledger.state.next;
    this.#announcedBelow = (await this.#deps.log.positions('news.scored', 'ledger')).get(0) ?? 0;
    this.#snapshot = { next: followed?.snapshotNext ?? this.#resumedAt, at: performance.now() };
    if (this.#deps.ticks) this.#scheduleTick();
    return this.#ledger.state.next;
  }

  async fold(batch: readonly Delivery[]): Promise<Folded> {
    const effects: Doc[] = [];
    const rejected: Rejected[] = [];
    this.#deps.meter.received(batch.length);
    let turn = performance.now();
    for (const { record } of batch) {
      if (performance.now() - turn > TURN_MS) {
        await nextTurn();
        turn = performance.now();
      }
      try {
        effects.push(...this.#ledger.apply(decodeScored(record.value), record.offset));
      } catch (error) {
        if (!isInvalidRecord(error)) throw error; // a bug of the fold must stop it, not skip a record
        rejected.push(rejectedRecord('ledger', record, error));
      }
    }
    return { batch, effects, rejected, snapshot: this.#isSnapshotDue() ? await this.#snapshotNow() : undefined };
  }

  /** Makes durable what was folded, in this order: effects, alerts to pass on, snapshot, position. */
  async store(folded: readonly Folded[]): Promise<void> {
    const { log, clock, meter } = this.#deps;
    const effects = folded.flatMap((part) => part.effects);
    const writes: Promise<void>[] = [];
    for (const docs of cutWrites(latestDocs(effects), WRITE)) {
      const write = this.#write(docs);
      write.catch(() => undefined); // heard below, when all are on their way
      writes.push(write);
      await nextTurn();
    }
    await Promise.all(writes);
    const alerts = effects.flatMap((doc) =>
      doc.kind === 'alert' && doc.version >= this.#announcedBelow
        ? [{ key: doc.id, value: encodeAlert({ version: doc.version, alert: doc.body }) }]
        : [],
    );
    if (alerts.length > 0) await log.append('alerts', alerts);
    const rejected = folded.flatMap((part) => part.rejected);
    if (rejected.length > 0) await keepRejected(log, clock, rejected);
    const snapshot = folded.findLast((part) => part.snapshot !== undefined)?.snapshot;
    if (snapshot !== undefined) await this.#keep(snapshot);
    let records = 0;
    for (const { batch } of folded) {
      records += batch.length;
      for (const { ack } of batch) ack();
    }
    meter.sent(records - rejected.length);
    meter.discarded(rejected.length);
    this.#deps.onProgress?.(this.#ledger);
  }

  /** What the store will never take is kept as a dead letter; the rest goes on. */
  async #write(docs: readonly Doc[]): Promise<void> {
    const { log, trends, clock, meter } = this.#deps;
    try {
      await trends.write(docs);
    } catch (error) {
      if (!(error instanceof DocumentsRejected)) throw error;
      const letters = error.rejected.map(({ doc, reason }) => ({
        ...{
          stage: 'store',
          origin: `${doc.kind} ${doc.id} of ${doc.version}`,
          payload: JSON.stringify(doc.body),
          requeueTo: '',
        },
        error: new BarographError('E_DOCUMENT_REJECTED', reason),
      }));
      await keepRejected(log, clock, letters);
      meter.error('E_DOCUMENT_REJECTED');
    }
  }

  /** After the last record was stored: whoever comes next without having folded along begins here. */
  async snapshot(): Promise<void> {
    if (this.#ledger.state.next > this.#snapshot.next) await this.#keep(await this.#snapshotNow());
  }

  #isSnapshotDue(): boolean {
    // Not at once after a take-over, though the snapshot is older: the news waits already.
    const records = this.#ledger.state.next - Math.max(this.#snapshot.next, this.#resumedAt);
    return records >= SNAPSHOT_RECORDS || (records > 0 && performance.now() - this.#snapshot.at >= SNAPSHOT_MS);
  }

  #snapshotNow(): Promise<Uint8Array> {
    this.#snapshot = { next: this.#ledger.state.next, at: performance.now() };
    return takeSnapshot(this.#ledger.state);
  }

  /** Only after the effects of everything folded are durable: a snapshot never runs ahead of the store. */
  async #keep(snapshot: Uint8Array): Promise<void> {
    await this.#deps.trends.flush();
    await keepSnapshot(this.#deps.states, snapshot);
  }

  async close(): Promise<void> {
    clearTimeout(this.#ticker);
    await this.#standby.end();
  }

  /** One tick at the start of every bucket; a late or repeated one is harmless. */
  #scheduleTick(): void {
    clearTimeout(this.#ticker);
    const { clock, log, meter } = this.#deps;
    const { bucketMs } = this.#deps.settings;
    const at = bucketStart(clock.now(), bucketMs);
    log
      .append('news.scored', [{ key: 'tick', value: encodeScored({ type: 'tick', at }) }])
      .catch(() => meter.error('E_LOG_UNAVAILABLE'));
    this.#ticker = setTimeout(() => this.#scheduleTick(), at + bucketMs - clock.now());
  }
}
