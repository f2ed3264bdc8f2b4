import type { Consumer, EachBatchPayload } from 'kafkajs';
import { systemClock } from '../../domain/clock.ts';
import { type Client, openClient } from './client.ts';
import type { KafkaOptions } from './connection.ts';
import { stickyAssigner } from './sticky-assigner.ts';

/** What a member is told. Calls never overlap but `batch`, which runs for several partitions at once. */
export interface MemberListener {
  /**
   * These partitions are this member's from now on, paused. `stayed`: the group did not miss it since the deal before. What it does not
   * have any more is another's.
   */
  assigned(consumer: Consumer, partitions: readonly number[], stayed: boolean): void;
  /** The group deals anew: the last moment to commit, and nothing can be committed until it has. */
  dealing(): void;
  /** What it had when the group deals anew. */
  has(): readonly number[];
  batch(payload: EachBatchPayload): Promise<void>;
  /** It has lost what it had, and tries again by itself. */
  failed(error: unknown): void;
}

/** Waits before a crashed consumer is made anew, doubled each time up to the second. */
const [FIRST_RESTART_MS, LONGEST_RESTART_MS] = [200, 5000];
/** How long a fetch waits for records, and the longest that a paused partition takes to go on. */
const FETCH_WAIT_MS = 100;

/**
 * A member of a group that lives through what kafkajs does not: a consumer that crashed is disconnected and replaced by a new one here
 * (its own restart may give up, or go on after it was stopped).
 */
export class Membership {
  readonly #options: KafkaOptions;
  readonly #topic: string;
  readonly #group: string;
  readonly #since = systemClock.now();
  readonly #listener: MemberListener;
  #client: Client<Consumer> | undefined;
  /** Clients that are on their way out. */
  #leaving: Promise<unknown> = Promise.resolve();
  #restart: NodeJS.Timeout | undefined;
  #waitMs = FIRST_RESTART_MS;
  #starting: Promise<void>;
  #closed = false;

  constructor(options: KafkaOptions, place: { readonly topic: string; readonly group: string }, listener: MemberListener) {
    this.#options = options;
    this.#topic = place.topic;
    this.#group = place.group;
    this.#listener = listener;
    this.#starting = this.#start();
  }

  /** Leaves the group, so that others take over at once. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#restart);
    await this.#starting;
    this.#leave();
    await this.#leaving;
  }

  async #start(): Promise<void> {
    const { sessionTimeoutMs } = this.#options;
    let memberId: string | undefined;
    const client = openClient(this.#options, (kafka) =>
      kafka.consumer({
        groupId: this.#group,
        ...{ sessionTimeout: sessionTimeoutMs, rebalanceTimeout: sessionTimeoutMs },
        heartbeatInterval: Math.floor(sessionTimeoutMs / 4),
        maxWaitTimeInMs: FETCH_WAIT_MS,
        allowAutoTopicCreation: false,
        partitionAssigners: [stickyAssigner(this.#since, () => ({ memberId, has: this.#listener.has() }))],
        retry: { retries: 4, restartOnFailure: async () => false },
      }),
    );
    const consumer = client.own;
    this.#client = client;
    const isCurrent = (): boolean => this.#client === client && !this.#closed;
    consumer.on('consumer.group_join', ({ payload }) => {
      if (!isCurrent()) return;
      this.#waitMs = FIRST_RESTART_MS;
      const partitions = payload.memberAssignment[this.#topic] ?? [];
      if (partitions.length > 0) consumer.pause([{ topic: this.#topic, partitions: [...partitions] }]);
      // A member that the group has missed gets another id.
      this.#listener.assigned(consumer, partitions, payload.memberId === memberId);
      memberId = payload.memberId;
    });
    consumer.on('consumer.rebalancing', () => {
      if (isCurrent()) this.#listener.dealing();
    });
    consumer.on('consumer.crash', ({ payload }) => {
      if (isCurrent()) this.#crashed(payload.error);
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topic: this.#topic, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: 16,
        eachBatch: async (payload) => {
          if (isCurrent()) await this.#listener.batch(payload);
        },
      });
    } catch (error) {
      if (isCurrent()) this.#crashed(error);
    }
  }

  #crashed(error: unknown): void {
    this.#listener.failed(error);
    const wait = this.#waitMs;
    this.#waitMs = Math.min(2 * wait, LONGEST_RESTART_MS);
    this.#leave();
    this.#restart = setTimeout(() => {
      this.#starting = this.#start();
    }, wait);
  }

  /** A consumer that cannot say goodbye is missed by its group after the session's time. */
  #leave(): void {
    this.#leaving = Promise.all([this.#leaving, this.#client?.release()]);
    this.#client = undefined;
  }
}
