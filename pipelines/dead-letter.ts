import type { Clock } from '../src/domain/clock.ts';
import { BarographError } from '../src/domain/errors.ts';
import type { DeadLetter } from '../src/domain/records.ts';
import { decodeDeadLetter, encodeDeadLetter } from '../src/domain/wire.ts';
import type { EventLog, LogRecord } from '../src/log/port.ts';

const MAX_PAYLOAD = 65_536;

export interface Rejected {
  readonly stage: string;
  /** Feed, file or topic with the position in it: one rejection has one origin, so that a repeat is recognised. */
  readonly origin: string;
  readonly payload: string;
  readonly requeueTo: string;
  readonly error: unknown;
  readonly traceparent?: string | undefined;
}

/** Keeps what could not be processed, with its reason. Durable when resolved. */
export async function keepRejected(log: EventLog, clock: Clock, rejected: readonly Rejected[]): Promise<void> {
  await log.append(
    'dead-letter',
    rejected.map(({ stage, origin, payload, requeueTo, error, traceparent }) => ({
      ...{ key: origin, traceparent },
      value: encodeDeadLetter({
        stage,
        origin,
        requeueTo,
        payload: payload.slice(0, MAX_PAYLOAD),
        code: error instanceof BarographError ? error.code : 'E_UNKNOWN',
        reason: error instanceof Error ? error.message : String(error),
        at: clock.now(),
      }),
    })),
  );
}

/** The rejection of a record of the log. */
export function rejectedRecord(stage: string, record: LogRecord, error: unknown): Rejected {
  return {
    stage,
    origin: `${record.topic}/${record.partition}/${record.offset}`,
    payload: record.value,
    requeueTo: record.topic,
    error,
    traceparent: record.traceparent,
  };
}

/** Whether it is the record that is at fault, and not who processes it. */
export function isInvalidRecord(error: unknown): boolean {
  return error instanceof BarographError && error.code === 'E_RECORD_INVALID';
}

/** A dead letter with the number that the commands know it by: its offset. */
export type NumberedDeadLetter = DeadLetter & { readonly number: number };

/** Every dead letter once: what was rejected again after a crash has the same origin and payload. */
export async function readDeadLetters(log: EventLog): Promise<NumberedDeadLetter[]> {
  const letters = new Map<string, NumberedDeadLetter>();
  for (const { partition } of await log.ranges('dead-letter')) {
    for await (const chunk of log.read('dead-letter', partition, 0)) {
      for (const { offset, value } of chunk) {
        const letter = decodeDeadLetter(value);
        const key = `${letter.origin}\n${letter.payload}`;
        if (!letters.has(key)) letters.set(key, { number: offset, ...letter });
      }
    }
  }
  return [...letters.values()];
}
