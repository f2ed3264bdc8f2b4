import type { Batch, KafkaMessage } from 'kafkajs';
import { AckTracker } from '../ack-tracker.ts';
import type { LogRecord, Topic } from '../port.ts';

/** Records of a partition that wait to be taken; at the bound it is full, and has room again at half of it. */
const MOST_WAITING = 4096;

/** What a member knows of a partition that it was given: what was fetched, and how far it is acknowledged. */
export class Share {
  readonly partition: number;
  readonly #topic: Topic;
  readonly #tracker: AckTracker;
  readonly #waiting: LogRecord[] = [];
  #expected: number;
  #committed: number;
  /** Whether nothing is fetched until it has room. */
  isPaused = false;

  /** `start` is where its reader wants to begin; the group's position may be before or behind. */
  constructor(topic: Topic, partition: number, start: number, committed: number) {
    this.#topic = topic;
    this.partition = partition;
    this.#tracker = new AckTracker(start);
    this.#expected = start;
    this.#committed = Math.max(committed, start);
  }

  /** The offset that the next batch must be fetched from. */
  get expected(): number {
    return this.#expected;
  }

  /** A position up to here, or a beginning that its reader chose, is not committed. */
  get committed(): number {
    return this.#committed;
  }

  /** What is to be committed. */
  get position(): number {
    return this.#tracker.position;
  }

  get isFull(): boolean {
    return this.#waiting.length >= MOST_WAITING;
  }

  get hasRoom(): boolean {
    return this.#waiting.length <= MOST_WAITING / 2;
  }

  /** False for a batch from before a seek, which kafkajs fetches again from where it should. */
  accept(batch: Batch): boolean {
    if (fetchedFrom(batch) !== this.#expected) return false;
    for (const message of batch.messages) this.#waiting.push(this.#record(message));
    this.#expected = Number(batch.lastOffset()) + 1;
    return true;
  }

  take(max: number): readonly LogRecord[] {
    const records = this.#waiting.splice(0, max);
    for (const { offset } of records) this.#tracker.delivered(offset);
    return records;
  }

  /** True when the position moved. */
  acknowledge(offset: number): boolean {
    return this.#tracker.acknowledge(offset);
  }

  wasCommitted(position: number): void {
    this.#committed = position;
  }

  #record({ offset, key, value, timestamp, headers }: KafkaMessage): LogRecord {
    return {
      ...{ topic: this.#topic, partition: this.partition, offset: Number(offset), appendedAt: Number(timestamp) },
      ...{ key: key?.toString('utf8') ?? '', value: value?.toString('utf8') ?? '' },
      traceparent: headers?.traceparent?.toString(),
    };
  }
}

/** kafkajs keeps the offset that a batch was asked from, though its types do not say so. */
const fetchedFrom = (batch: Batch): number => Number(Reflect.get(batch, 'fetchedOffset'));
