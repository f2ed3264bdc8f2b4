import { type Clock, systemClock } from '../domain/clock.ts';
import { AckTracker } from './ack-tracker.ts';
import type { Delivery, EventLog, LogRecord, NewRecord, PartitionRange, SubscribeOptions, Subscription, Topic } from './port.ts';
import { WakeUp } from './wake-up.ts';

/** What outlives a closed memory log, so that tests can reopen it. */
export class MemoryLogData {
  readonly topics = new Map<Topic, LogRecord[][]>();
  readonly positions = new Map<string, number>();
  readonly members = new Map<string, object[]>();
  readonly wake = new WakeUp();
  readonly partitions: number;

  constructor(partitions = 1) {
    this.partitions = partitions;
  }

  topic(topic: Topic): LogRecord[][] {
    let records = this.topics.get(topic);
    if (records === undefined) {
      const count = topic === 'news.scored' ? 1 : this.partitions;
      records = Array.from({ length: count }, () => []);
      this.topics.set(topic, records);
    }
    return records;
  }
}

const READ_CHUNK = 1000;
const READ_WAIT_MS = 1000;

/** An event log that lives in this process: for tests, and for folding a log again beside the stored one. */
export class MemoryLog implements EventLog {
  readonly #data: MemoryLogData;
  readonly #clock: Clock;
  readonly #subscriptions = new Set<Subscription>();

  constructor(data = new MemoryLogData(), clock: Clock = systemClock) {
    this.#data = data;
    this.#clock = clock;
  }

  async append(topic: Topic, records: readonly NewRecord[]): Promise<void> {
    const partitions = this.#data.topic(topic);
    for (const { key, value } of records) {
      const partition = partitionOf(key, partitions.length);
      const target = partitions[partition] as LogRecord[];
      target.push({ topic, partition, offset: target.length, key, value, appendedAt: this.#clock.now() });
    }
    this.#data.wake.wake();
  }

  async subscribe(topic: Topic, group: string, options: SubscribeOptions = {}): Promise<Subscription> {
    const subscription = new MemorySubscription(this.#data, topic, group, options, () =>
      this.#subscriptions.delete(subscription),
    );
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async *read(topic: Topic, partition: number, from: number, follow?: AbortSignal): AsyncIterable<readonly LogRecord[]> {
    const records = this.#data.topic(topic)[partition] ?? [];
    let at = from;
    do {
      const { seen } = this.#data.wake;
      for (const end = records.length; at < end; at = Math.min(at + READ_CHUNK, end))
        yield records.slice(at, Math.min(at + READ_CHUNK, end));
      if (follow !== undefined) await this.#data.wake.wait(seen, READ_WAIT_MS, follow);
    } while (follow?.aborted === false);
  }

  async ranges(topic: Topic): Promise<readonly PartitionRange[]> {
    return this.#data.topic(topic).map((records, partition) => ({ partition, first: 0, next: records.length }));
  }

  async positions(topic: Topic, group: string): Promise<ReadonlyMap<number, number>> {
    return new Map(
      this.#data
        .topic(topic)
        .map((_, partition) => [partition, this.#data.positions.get(positionKey(topic, group, partition)) ?? 0]),
    );
  }

  async close(): Promise<void> {
    for (const subscription of [...this.#subscriptions]) await subscription.close();
  }
}

class MemorySubscription implements Subscription {
  readonly #data: MemoryLogData;
  readonly #topic: Topic;
  readonly #group: string;
  readonly #options: SubscribeOptions;
  readonly #onClose: () => void;
  readonly #trackers = new Map<number, AckTracker>();
  readonly #cursors = new Map<number, number>();
  #closed = false;

  constructor(data: MemoryLogData, topic: Topic, group: string, options: SubscribeOptions, onClose: () => void) {
    this.#data = data;
    this.#topic = topic;
    this.#group = group;
    this.#options = options;
    this.#onClose = onClose;
    this.#members().push(this);
  }

  async next(max: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    while (!this.#closed && !signal.aborted) {
      const seen = this.#data.wake.seen;
      if (this.#members()[0] === this) {
        const found = await this.#take(max);
        if (found.length > 0) return found;
      }
      await this.#data.wake.wait(seen, 60_000, signal);
    }
    return [];
  }

  async commit(): Promise<void> {
    if (this.#closed || this.#members()[0] !== this) return;
    for (const [partition, tracker] of this.#trackers) {
      const key = positionKey(this.#topic, this.#group, partition);
      this.#data.positions.set(key, Math.max(tracker.position, this.#data.positions.get(key) ?? 0));
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.commit();
    this.#closed = true;
    const members = this.#members();
    members.splice(members.indexOf(this), 1);
    this.#onClose();
    this.#data.wake.wake();
  }

  async #take(max: number): Promise<Delivery[]> {
    const deliveries: Delivery[] = [];
    for (const [partition, records] of this.#data.topic(this.#topic).entries()) {
      const tracker = await this.#tracker(partition);
      let cursor = this.#cursors.get(partition) ?? tracker.position;
      for (; cursor < records.length && deliveries.length < max; cursor += 1) {
        const record = records[cursor] as LogRecord;
        tracker.delivered(record.offset);
        deliveries.push({ record, ack: () => this.#ack(tracker, record.offset) });
      }
      this.#cursors.set(partition, cursor);
    }
    return deliveries;
  }

  #ack(tracker: AckTracker, offset: number): void {
    if (!this.#closed) tracker.acknowledge(offset);
  }

  async #tracker(partition: number): Promise<AckTracker> {
    const present = this.#trackers.get(partition);
    if (present !== undefined) return present;
    const committed = this.#data.positions.get(positionKey(this.#topic, this.#group, partition)) ?? 0;
    const tracker = new AckTracker((await this.#options.startAt?.(partition)) ?? committed);
    this.#trackers.set(partition, tracker);
    return tracker;
  }

  #members(): object[] {
    const key = `${this.#topic} ${this.#group}`;
    const present = this.#data.members.get(key);
    if (present !== undefined) return present;
    const members: object[] = [];
    this.#data.members.set(key, members);
    return members;
  }
}

function positionKey(topic: Topic, group: string, partition: number): string {
  return `${topic} ${group} ${partition}`;
}

/** FNV-1a over the key's code units. */
function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % partitions;
}
