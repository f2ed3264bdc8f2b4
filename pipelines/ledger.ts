import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { concatWith, defer } from 'rxjs';
import type { Clock } from '../src/domain/clock.ts';
import type { Doc } from '../src/domain/doc.ts';
import { BarographError } from '../src/domain/errors.ts';
import { bucketStart } from '../src/domain/series.ts';
import { DEFAULT_LEDGER_SETTINGS, type LedgerSettings } from '../src/domain/settings.ts';
import { decodeScored, encodeAlert, encodeScored } from '../src/domain/wire.ts';
import { latestDocs } from '../src/ledger/effects.ts';
import { Ledger } from '../src/ledger/fold.ts';
import { decodeSnapshot, snapshotParts } from '../src/ledger/snapshot.ts';
import { emptyState, type LedgerState } from '../src/ledger/state.ts';
import { drain } from '../src/log/drain.ts';
import type { Delivery, EventLog } from '../src/log/port.ts';
import { pull } from '../src/log/pull.ts';
import { whenFree } from '../src/log/when-free.ts';
import type { PipelineMeter } from '../src/ops/metrics.ts';
import type { StateStore } from '../src/store/state-port.ts';
import type { TrendStore } from '../src/store/trend-port.ts';
import { keepRejected, type Rejected, rejectedRecord } from './dead-letter.ts';
import type { Pipeline } from './pipeline.ts';

export interface LedgerDeps {
  readonly log: EventLog;
  readonly trends: TrendStore;
  readonly states: StateStore;
  readonly clock: Clock;
  readonly meter: PipelineMeter;
  /** Written into the log before the first record is folded, when they differ from what the log says. */
  readonly settings: LedgerSettings;
  /** Whether this ledger writes the ticks of its own clock. A replay writes them itself, on the articles' clock. */
  readonly ticks: boolean;
  /** Hears of the fold's progress after every batch. */
  readonly onProgress?: (ledger: Ledger) => void;
}

/** Off this thread, and a quarter of the size. */
const compress = promisify<Uint8Array, { level: number }, Uint8Array>(gzip);
const decompress = promisify<Uint8Array, Uint8Array>(gunzip);

const SNAPSHOT_KEY = 'ledger/snapshot';
const SETTINGS_KEY = 'ledger/settings';
/** Records between two snapshots: at most this much is folded again after a crash. */
const SNAPSHOT_EVERY = 50_000;
const BATCH = 512;
/** Batches that are stored in one go when storing falls behind. */
const MAX_STORE = 4;
/** Documents of one write. */
const WRITE = 250;
/** The fold lets others have their turn after this long: one thread serves the dashboard as well. */
const TURN_MS = 5;

/** news.scored → stories, rollups, alerts. One owner at a time; the state resumes from the newest snapshot. */
export function ledgerPipeline(deps: LedgerDeps): Pipeline {
  return {
    name: 'ledger',
    meter: deps.meter,
    run: async (stop) => {
      await recordSettings(deps.log, deps.states, deps.settings);
      const owner = new Owner(deps);
      const subscription = await deps.log.subscribe('news.scored', 'ledger', { startAt: () => owner.resume() });
      try {
        await drain(
          subscription,
          pull(subscription, { maxInFlight: 2 * MAX_STORE * BATCH, maxBatch: BATCH, stop }).pipe(
            whenFree((batch) => owner.fold(batch), BATCH),
            whenFree((folded) => owner.store(folded), MAX_STORE), // while it is written, the next batch is folded
            concatWith(defer(() => owner.snapshot())), // before the partition is left: a stand-by begins with it
          ),
        );
      } finally {
        owner.close();
      }
    },
  };
}

/** Makes the log say by which settings it is folded. Writing them twice changes nothing. */
export async function recordSettings(log: EventLog, states: StateStore, settings: LedgerSettings): Promise<void> {
  const value = encodeScored({ type: 'settings', settings });
  if ((await states.get(SETTINGS_KEY))?.value === value) return;
  await log.append('news.scored', [{ key: 'settings', value }]);
  await states.put(SETTINGS_KEY, value);
}

export function isInvalidRecord(error: unknown): boolean {
  return error instanceof BarographError && error.code === 'E_RECORD_INVALID';
}

/** A snapshot only spares time: one that cannot be read, or is of another version, means that the log is folded again. */
async function readSnapshot(bytes: Uint8Array): Promise<LedgerState | undefined> {
  try {
    return decodeSnapshot(await decompress(bytes));
  } catch {
    return undefined;
  }
}

/** A batch of records, and what folding it came to. */
interface Folded {
  readonly batch: readonly Delivery[];
  readonly effects: readonly Doc[];
  readonly rejected: readonly Rejected[];
  /** The state after the batch, when it is time to keep it. */
  readonly snapshot: Uint8Array | undefined;
}

/** The fold in the hands of whoever holds the partition. */
class Owner {
  readonly #deps: LedgerDeps;
  #ledger = new Ledger(emptyState(DEFAULT_LEDGER_SETTINGS));
  /**
   * Alerts of records below are in the `alerts` topic already. The store is written again from the snapshot on: it may have
   * lost what came after it in a loss of power, and a repeated write changes nothing.
   */
  #announcedBelow = 0;
  #snapshotAt = 0;
  #ticker: NodeJS.Timeout | undefined;

  constructor(deps: LedgerDeps) {
    this.#deps = deps;
  }

  async resume(): Promise<number> {
    const bytes = await this.#deps.states.getBlob(SNAPSHOT_KEY);
    const state = bytes === undefined ? undefined : await readSnapshot(bytes);
    this.#ledger = new Ledger(state ?? emptyState(DEFAULT_LEDGER_SETTINGS));
    this.#announcedBelow = (await this.#deps.log.positions('news.scored', 'ledger')).get(0) ?? 0;
    this.#snapshotAt = this.#ledger.state.next;
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
    const due = this.#ledger.state.next - this.#snapshotAt >= SNAPSHOT_EVERY;
    return { batch, effects, rejected, snapshot: due ? await this.#takeSnapshot() : undefined };
  }

  /** Makes durable what was folded, in this order: effects, alerts to pass on, snapshot, position. */
  async store(folded: readonly Folded[]): Promise<void> {
    const { log, trends, clock, meter } = this.#deps;
    const effects = folded.flatMap((part) => part.effects);
    const docs = latestDocs(effects);
    const writes: Promise<void>[] = [];
    for (let at = 0; at < docs.length; at += WRITE) {
      if (at > 0) await nextTurn();
      const write = trends.write(docs.slice(at, at + WRITE));
      write.catch(() => undefined); // heard below, when all are on their way
      writes.push(write);
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
    if (snapshot !== undefined) await this.#keepSnapshot(snapshot);
    let records = 0;
    for (const { batch } of folded) {
      records += batch.length;
      for (const { ack } of batch) ack();
    }
    meter.sent(records - rejected.length);
    meter.discarded(rejected.length);
    this.#deps.onProgress?.(this.#ledger);
  }

  /** After the last record was stored: whoever comes next begins here. */
  async snapshot(): Promise<void> {
    if (this.#ledger.state.next > this.#snapshotAt) await this.#keepSnapshot(await this.#takeSnapshot());
  }

  async #takeSnapshot(): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (const part of snapshotParts(this.#ledger.state)) {
      parts.push(part);
      await nextTurn();
    }
    this.#snapshotAt = this.#ledger.state.next;
    return Buffer.concat(parts);
  }

  /** Only after the effects of everything folded are durable: a snapshot never runs ahead of the store. */
  async #keepSnapshot(bytes: Uint8Array): Promise<void> {
    await this.#deps.trends.flush();
    await this.#deps.states.putBlob(SNAPSHOT_KEY, await compress(bytes, { level: 1 }));
  }

  close(): void {
    clearTimeout(this.#ticker);
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
