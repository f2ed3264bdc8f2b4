import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { BarographError } from '../../domain/errors.ts';
import type { Delivery, EventLog, SubscribeOptions, Subscription, Topic } from '../port.ts';
import { WakeUp } from '../wake-up.ts';
import { groupName, type KafkaOptions, kafkaFault, topicName } from './connection.ts';
import { Membership } from './membership.ts';
import { Share } from './share.ts';

const COMMIT_MS = 250;
const WAIT_MS = 1000;

/**
 * A reader of a group. kafkajs pushes what it fetched into a share for each partition, and pauses it when too much waits; positions are
 * kept here, and committed by hand up to the first record that is not acknowledged. When the group's partitions are dealt anew,
 * the shares that this member keeps go on; others become void with all that was read from them: later acknowledgements change nothing.
 */
export class KafkaSubscription implements Subscription {
  readonly #options: KafkaOptions;
  readonly #topic: Topic;
  readonly #group: string;
  readonly #startAt: SubscribeOptions['startAt'];
  readonly #log: Pick<EventLog, 'positions' | 'ranges'>;
  readonly #onClose: () => void;
  readonly #name: string;
  readonly #membership: Membership;
  readonly #arrived = new WakeUp();
  readonly #joined = Promise.withResolvers<void>();
  #consumer: Consumer | undefined;
  /** By partition; changes with each deal. A share is void once its partition is given to another. */
  #shares = new Map<number, Share>();
  #fault: BarographError | undefined;
  #commitTimer: NodeJS.Timeout | undefined;
  #committing: Promise<void> = Promise.resolve();
  #beginning: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    options: KafkaOptions,
    topic: Topic,
    group: string,
    { startAt }: SubscribeOptions,
    log: Pick<EventLog, 'positions' | 'ranges'>,
    onClose: () => void,
  ) {
    this.#options = options;
    this.#topic = topic;
    this.#group = group;
    this.#startAt = startAt;
    this.#log = log;
    this.#onClose = onClose;
    this.#name = topicName(options, topic);
    this.#membership = new Membership(
      options,
      { topic: this.#name, group: groupName(options, group) },
      {
        assigned: (consumer, partitions, stayed) => this.#assigned(consumer, partitions, stayed),
        dealing: () => this.#dealing(),
        has: () => [...this.#shares.keys()],
        batch: (payload) => this.#take(payload),
        failed: (error) => this.#failed(error),
      },
    );
  }

  /** Resolves once the group has this member, or it is clear that this takes longer: those who join first are served first. */
  get joined(): Promise<void> {
    return this.#joined.promise;
  }

  async next(max: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    while (!signal.aborted && !this.#closed) {
      const seen = this.#arrived.seen;
      if (this.#fault !== undefined) throw this.#fault;
      for (const share of this.#shares.values()) {
        const records = share.take(max);
        if (records.length === 0) continue;
        this.#resume(share);
        // Whoever was served goes to the end, so that no partition starves.
        this.#shares.delete(share.partition);
        this.#shares.set(share.partition, share);
        return records.map((record) => ({ record, ack: () => this.#ack(share, record.offset) }));
      }
      await this.#arrived.wait(seen, WAIT_MS, signal);
    }
    return [];
  }

  commit(): Promise<void> {
    clearTimeout(this.#commitTimer);
    this.#commitTimer = undefined;
    // One after the other: an older position must not arrive last.
    const done = this.#committing.then(() => this.#commitShares());
    this.#committing = done.catch(() => undefined);
    return done;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#arrived.wake();
    try {
      await this.commit();
    } finally {
      clearTimeout(this.#commitTimer);
      this.#shares = new Map();
      await this.#membership.close();
      await this.#beginning;
      this.#onClose();
    }
  }

  #ack(share: Share, offset: number): void {
    if (this.#shares.get(share.partition) === share && share.acknowledge(offset)) this.#commitSoon();
  }

  #commitSoon(): void {
    this.#commitTimer ??= setTimeout(() => {
      // An error of the timer's commit comes back at the next one, or at close, whose caller hears it.
      this.commit().catch(() => undefined);
    }, COMMIT_MS);
  }

  async #commitShares(): Promise<void> {
    const consumer = this.#consumer;
    const moved = [...this.#shares.values()].filter(({ position, committed }) => position > committed);
    if (consumer === undefined || moved.length === 0) return;
    const positions = moved.map((share) => ({ share, position: share.position }));
    try {
      await consumer.commitOffsets(
        positions.map(({ share, position }) => ({
          ...{ topic: this.#name, partition: share.partition, offset: String(position) },
        })),
      );
    } catch (error) {
      // The broker refuses a member that its group has lost, or is about to deal anew: another will do this work again.
      if (isDealt(error)) return;
      throw kafkaFault(error, this.#options.brokers);
    }
    for (const { share, position } of positions) share.wasCommitted(position);
  }

  #assigned(consumer: Consumer, partitions: readonly number[], stayed: boolean): void {
    const kept = [...this.#shares].filter(([partition]) => stayed && partitions.includes(partition));
    const shares = new Map<number, Share>(kept);
    this.#consumer = consumer;
    this.#shares = shares;
    this.#joined.resolve();
    // One after the other, so that `close` waits for all of them: what they ask would open connections again.
    this.#beginning = this.#beginning
      .then(() => this.#begin(consumer, partitions, shares))
      .catch((error: unknown) => {
        if (this.#shares !== shares) return;
        this.#fault = kafkaFault(error, this.#options.brokers);
        this.#arrived.wake();
      });
  }

  /** Partitions come paused, and go on from where this reader wants to begin. */
  async #begin(consumer: Consumer, partitions: readonly number[], shares: Map<number, Share>): Promise<void> {
    if (partitions.length === 0 || this.#shares !== shares) return;
    const positions = await this.#log.positions(this.#topic, this.#group);
    const firsts = new Map((await this.#log.ranges(this.#topic)).map(({ partition, first }) => [partition, first]));
    if (this.#shares !== shares) return; // dealt anew, or closed, meanwhile
    for (const partition of partitions) {
      const committed = positions.get(partition) ?? 0;
      const kept = shares.get(partition);
      // Another may have had it for a moment between two deals: then it has committed more.
      if (kept !== undefined && committed <= kept.committed) {
        this.#goOn(consumer, kept);
        this.#commitSoon(); // what was acknowledged during the deal was refused, and no more may come
        continue;
      }
      shares.delete(partition);
      const wanted = (await this.#startAt?.(partition)) ?? committed;
      if (this.#shares !== shares) return;
      const start = Math.max(wanted, firsts.get(partition) ?? 0);
      if (start > wanted)
        this.#options.onTrouble?.(`${this.#name}/${partition}: records ${wanted} to ${start - 1} are no longer kept`);
      const share = new Share(this.#topic, partition, start, committed);
      shares.set(partition, share);
      this.#goOn(consumer, share);
    }
  }

  #goOn(consumer: Consumer, { partition, expected, isPaused }: Share): void {
    consumer.seek({ topic: this.#name, partition, offset: String(expected) });
    if (!isPaused) consumer.resume([{ topic: this.#name, partitions: [partition] }]);
  }

  #dealing(): void {
    // Sent before this member joins again, so it still counts; whoever gets the partitions begins behind it.
    this.commit().catch(() => undefined);
  }

  async #take({ batch, resolveOffset, heartbeat }: EachBatchPayload): Promise<void> {
    const share = this.#shares.get(batch.partition);
    if (share?.accept(batch) !== true) return;
    resolveOffset(batch.lastOffset());
    this.#arrived.wake();
    if (share.isFull && !share.isPaused) {
      share.isPaused = true;
      this.#consumer?.pause([{ topic: this.#name, partitions: [share.partition] }]);
    }
    await heartbeat();
  }

  #resume(share: Share): void {
    if (!share.isPaused || !share.hasRoom) return;
    share.isPaused = false;
    this.#consumer?.resume([{ topic: this.#name, partitions: [share.partition] }]);
  }

  /** The member tries again by itself, but not when that cannot help. */
  #failed(error: unknown): void {
    const fault = kafkaFault(error, this.#options.brokers);
    this.#shares = new Map();
    if (fault.retryable) this.#options.onTrouble?.(fault.message);
    else this.#fault = fault;
    this.#joined.resolve();
    this.#arrived.wake();
  }
}

const DEALT = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'NOT_COORDINATOR_FOR_GROUP']);

function isDealt(error: unknown): boolean {
  return error instanceof Error && 'type' in error && DEALT.has(String(error.type));
}
