import { type Clock, systemClock } from '../domain/clock.ts';
import type { PutOptions, StateRecord, StateStore } from './state-port.ts';

/** What outlives a closed memory store, so that tests can reopen it. */
export class MemoryStateData {
  readonly records = new Map<string, StateRecord>();
  readonly blobs = new Map<string, Uint8Array>();
  revision = 0;
}

/** A state store that lives in this process. */
export class MemoryStateStore implements StateStore {
  readonly #data: MemoryStateData;
  readonly #clock: Clock;

  constructor(data = new MemoryStateData(), clock: Clock = systemClock) {
    this.#data = data;
    this.#clock = clock;
  }

  async get(key: string): Promise<StateRecord | undefined> {
    return this.#live(key);
  }

  async put(key: string, value: string, options: PutOptions = {}): Promise<string | undefined> {
    const present = this.#live(key); // no turn of others between the comparison and the write
    if (options.expect !== undefined && options.expect !== (present?.revision ?? 'absent')) return undefined;
    this.#data.revision += 1;
    const revision = String(this.#data.revision);
    this.#data.records.set(key, { key, value, revision, expiresAt: options.expiresAt ?? null });
    return revision;
  }

  async delete(key: string): Promise<void> {
    this.#data.records.delete(key);
  }

  async list(prefix: string): Promise<readonly StateRecord[]> {
    const records = [...this.#data.records.values()].filter(
      (record) => record.key.startsWith(prefix) && !this.#isExpired(record),
    );
    return records.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async putBlob(key: string, bytes: Uint8Array): Promise<void> {
    this.#data.blobs.set(key, Uint8Array.from(bytes));
  }

  async getBlob(key: string): Promise<Uint8Array | undefined> {
    return this.#data.blobs.get(key);
  }

  async close(): Promise<void> {}

  #live(key: string): StateRecord | undefined {
    const record = this.#data.records.get(key);
    return record === undefined || this.#isExpired(record) ? undefined : record;
  }

  #isExpired(record: StateRecord): boolean {
    return record.expiresAt !== null && record.expiresAt <= this.#clock.now();
  }
}
