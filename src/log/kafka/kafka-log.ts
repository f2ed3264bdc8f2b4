import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { WIRE_VERSION } from '../../domain/wire-schemas.ts';
import type { EventLog, LogRecord, NewRecord, PartitionRange, SubscribeOptions, Subscription, Topic } from '../port.ts';
import { AppendQueue } from './append-queue.ts';
import { type Client, connectClient } from './client.ts';
import { groupName, type KafkaOptions, kafkaFault, topicName } from './connection.ts';
import { KafkaSubscription } from './subscription.ts';

const READ_CHUNK = 1000;
const [ATTEMPTS, RETRY_MS] = [6, 100];
/** A reader of the past that hears nothing for so long gives up. */
const SILENCE_MS = 30_000;

/** The event log on an Apache Kafka cluster. Topics must exist: see `topicPlan`. */
export class KafkaLog implements EventLog {
  readonly #options: KafkaOptions;
  readonly #appends: AppendQueue;
  readonly #subscriptions = new Set<Subscription>();
  #admin: Promise<Client<Admin>> | undefined;

  constructor(options: KafkaOptions) {
    this.#options = options;
    // Its failures are heard by those who append; kafkajs warns of its retries being limited, which is meant.
    const { onTrouble: _, ...quiet } = options;
    this.#appends = new AppendQueue(quiet);
  }

  async append(topic: Topic, records: readonly NewRecord[]): Promise<void> {
    if (records.length === 0) return;
    await this.#guarded(() => this.#appends.append(topicName(this.#options, topic), `${topic}/${WIRE_VERSION}`, records));
  }

  async subscribe(topic: Topic, group: string, options: SubscribeOptions = {}): Promise<Subscription> {
    const subscription = new KafkaSubscription(this.#options, topic, group, options, this, () =>
      this.#subscriptions.delete(subscription),
    );
    this.#subscriptions.add(subscription);
    await subscription.joined;
    return subscription;
  }

  /** By a group of its own, which leaves no trace: it never commits. */
  async *read(topic: Topic, partition: number, from: number, follow?: AbortSignal): AsyncIterable<readonly LogRecord[]> {
    const ranges = new Map((await this.ranges(topic)).map((range) => [range.partition, range]));
    const { first = 0, next = 0 } = ranges.get(partition) ?? {};
    const begin = Math.max(from, first);
    const end = follow === undefined ? next : Number.POSITIVE_INFINITY;
    if (begin >= end) return;
    const startAt = async (of: number): Promise<number | undefined> => (of === partition ? begin : ranges.get(of)?.next);
    const subscription = await this.subscribe(topic, `read-${randomUUID()}`, { startAt });
    try {
      for (let at = begin; at < end; ) {
        const deliveries = await subscription.next(READ_CHUNK, follow ?? AbortSignal.timeout(SILENCE_MS));
        if (deliveries.length === 0 && follow !== undefined) return;
        if (deliveries.length === 0) throw new Error(`nothing came of ${topic}/${partition} from ${at} on`);
        const records = deliveries.map(({ record }) => record).filter((record) => record.partition === partition);
        at = (records.at(-1)?.offset ?? at - 1) + 1;
        const wanted = records.filter(({ offset }) => offset < end);
        if (wanted.length > 0) yield wanted;
      }
    } catch (error) {
      throw kafkaFault(error, this.#options.brokers);
    } finally {
      await subscription.close();
    }
  }

  ranges(topic: Topic): Promise<readonly PartitionRange[]> {
    return this.#asking(async (admin) => {
      const offsets = await admin.fetchTopicOffsets(topicName(this.#options, topic));
      return offsets
        .map(({ partition, low, high }) => ({ partition, first: Number(low), next: Number(high) }))
        .sort((a, b) => a.partition - b.partition);
    });
  }

  positions(topic: Topic, group: string): Promise<ReadonlyMap<number, number>> {
    return this.#asking(async (admin) => {
      const [found] = await admin.fetchOffsets({
        groupId: groupName(this.#options, group),
        topics: [topicName(this.#options, topic)],
      });
      const known = (found?.partitions ?? []).map(({ partition, offset }) => [partition, Math.max(0, Number(offset))] as const);
      return new Map(known.sort(([a], [b]) => a - b));
    });
  }

  /** Says how far a group has come; it must have no members. */
  async setPositions(topic: Topic, group: string, positions: ReadonlyMap<number, number>): Promise<void> {
    const partitions = [...positions].map(([partition, offset]) => ({ partition, offset: String(offset) }));
    const place = { groupId: groupName(this.#options, group), topic: topicName(this.#options, topic) };
    await this.#asking((admin) => admin.setOffsets({ ...place, partitions }));
  }

  async close(): Promise<void> {
    for (const subscription of [...this.#subscriptions]) await subscription.close();
    await this.#appends.close();
    const admin = await this.#admin?.catch(() => undefined);
    this.#admin = undefined;
    await admin?.release();
  }

  async #asking<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    return this.#guarded(async () => {
      this.#admin ??= connectClient(this.#options, (kafka) => kafka.admin()).catch((error: unknown) => {
        this.#admin = undefined; // the next question tries again
        throw error;
      });
      const { own: admin } = await this.#admin;
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await question(admin);
        } catch (error) {
          if (attempt === ATTEMPTS || !passes(error)) throw error;
          await sleep(attempt * RETRY_MS);
        }
      }
    });
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw kafkaFault(error, this.#options.brokers);
    }
  }
}

/** A topic that was just made has no leader for a moment; kafkajs does not ask again. */
const passes = (error: unknown): boolean => error instanceof Error && 'retriable' in error && error.retriable === true;
