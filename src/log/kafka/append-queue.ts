import { CompressionTypes, Partitioners, type Producer } from 'kafkajs';
import type { NewRecord } from '../port.ts';
import { type Client, connectClient } from './client.ts';
import type { KafkaOptions } from './connection.ts';
import { nextSpan } from './trace-context.ts';

/** Before compression. Brokers take batches of 1,048,588 bytes unless they are told otherwise. */
const MOST_BYTES = 900_000;
/** An append waits so long for others, to share a request; while one is under way the next ones gather anyway. */
const LINGER_MS = 2;
const PRODUCER = 'barograph';

interface Piece {
  readonly topic: string;
  readonly records: readonly NewRecord[];
  readonly bytes: number;
  /** What the records are, for readers: the topic without its prefix, and a version. */
  readonly schema: string;
  readonly isLast: boolean;
  /** Of the append that it is a piece of. */
  readonly outcome: { readonly resolve: () => void; readonly reject: (error: unknown) => void };
}

/**
 * Appends in order, one request at a time, by an idempotent producer that waits for all replicas. Appends that wait share a request; one
 * that is larger than a request is cut, in order.
 */
export class AppendQueue {
  readonly #options: KafkaOptions;
  #producer: Client<Producer> | undefined;
  #waiting: Piece[] = [];
  #pumping: Promise<void> | undefined;

  constructor(options: KafkaOptions) {
    this.#options = options;
  }

  append(topic: string, schema: string, records: readonly NewRecord[]): Promise<void> {
    const pieces = cut(records);
    return new Promise((resolve, reject) => {
      const outcome = { resolve, reject };
      for (const [i, piece] of pieces.entries())
        this.#waiting.push({ ...piece, topic, schema, isLast: i === pieces.length - 1, outcome });
      this.#pumping ??= this.#pump();
    });
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await this.#pumping;
    await this.#drop();
  }

  async #pump(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
    while (this.#waiting.length > 0) {
      const together = this.#take();
      try {
        this.#producer ??= await this.#connect();
        await this.#producer.own.sendBatch({
          ...{ acks: -1, compression: CompressionTypes.GZIP },
          topicMessages: [...Map.groupBy(together, ({ topic }) => topic)].map(([topic, pieces]) => ({
            topic,
            messages: pieces.flatMap(({ records, schema }) =>
              records.map(({ key, value, traceparent }) => ({
                ...{ key, value, headers: { schema, producer: PRODUCER, traceparent: nextSpan(traceparent) } },
              })),
            ),
          })),
        });
        for (const { isLast, outcome } of together) if (isLast) outcome.resolve();
      } catch (error) {
        const failed = new Set(together.map(({ outcome }) => outcome));
        for (const { reject } of failed) reject(error);
        this.#waiting = this.#waiting.filter(({ outcome }) => !failed.has(outcome));
        await this.#drop(); // its sequence numbers may be in doubt
      }
    }
    this.#pumping = undefined;
  }

  /** As many as fit into a request, at least one. */
  #take(): readonly Piece[] {
    let together = 0;
    let count = 0;
    for (const { bytes } of this.#waiting) {
      together += bytes;
      if (count > 0 && together > MOST_BYTES) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  #connect(): Promise<Client<Producer>> {
    return connectClient(this.#options, (kafka) =>
      kafka.producer({
        ...{ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false },
        createPartitioner: Partitioners.DefaultPartitioner,
        retry: { retries: 6 },
      }),
    );
  }

  async #drop(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.release();
  }
}

const bytesOf = ({ key, value }: NewRecord): number => Buffer.byteLength(key) + Buffer.byteLength(value) + 64;

function cut(records: readonly NewRecord[]): readonly Pick<Piece, 'records' | 'bytes'>[] {
  const pieces: { records: NewRecord[]; bytes: number }[] = [];
  for (const record of records) {
    const size = bytesOf(record);
    const last = pieces.at(-1);
    if (last === undefined || last.bytes + size > MOST_BYTES) pieces.push({ records: [record], bytes: size });
    else {
      last.records.push(record);
      last.bytes += size;
    }
  }
  return pieces;
}
