import { type ISocketFactory, Kafka, type KafkaConfig, type LogEntry, logLevel } from 'kafkajs';
import { BarographError } from '../../domain/errors.ts';
import type { Topic } from '../port.ts';
import './quiet-queue.ts';

/** How to reach a cluster and what is ours in it. */
export interface KafkaOptions {
  /** host:port of some brokers; the others are learned from them. */
  readonly brokers: readonly string[];
  /** Stands before the names of our topics and groups: several set-ups share a cluster. */
  readonly prefix: string;
  readonly tls?: KafkaTls;
  readonly sasl?: KafkaConfig['sasl'];
  /** A member that is silent for this long has left its group. */
  readonly sessionTimeoutMs: number;
  /** Hears of what goes wrong and is tried again. */
  readonly onTrouble?: (message: string) => void;
}

/** PEM texts; an empty object trusts the authorities that Node trusts. */
export interface KafkaTls {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
}

/** A half-open connection is noticed after this. */
const REQUEST_MS = 10_000;
const CONNECT_MS = 5000;
/** Some 10 s of trying; whoever called then hears of it and tries again by its own rules. */
const RETRY = { retries: 6, initialRetryTime: 150, maxRetryTime: 3000, factor: 0.2, multiplier: 2 };

export const topicName = ({ prefix }: KafkaOptions, topic: Topic): string => `${prefix}${topic}`;
export const groupName = ({ prefix }: KafkaOptions, group: string): string => `${prefix}${group}`;

export function openKafka(options: KafkaOptions, socketFactory: ISocketFactory): Kafka {
  const { brokers, tls, sasl, onTrouble } = options;
  return new Kafka({
    clientId: 'barograph',
    brokers: [...brokers],
    ...(tls === undefined ? {} : { ssl: { ca: tls.ca, cert: tls.certificate, key: tls.key } }),
    ...(sasl === undefined ? {} : { sasl: { ...sasl } }), // kafkajs keeps things in it
    connectionTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    retry: RETRY,
    socketFactory,
    logLevel: onTrouble === undefined ? logLevel.NOTHING : logLevel.WARN,
    logCreator:
      () =>
      ({ namespace, log }: LogEntry): void =>
        onTrouble?.(`${namespace}: ${log.message}${log.error === undefined ? '' : ` (${log.error})`}`),
  });
}

/** What a refused login and a missing topic say is final; everything else may pass. */
export function kafkaFault(error: unknown, brokers: readonly string[]): BarographError {
  if (error instanceof BarographError) return error;
  const reason = rootOf(error);
  const where = `Kafka at ${brokers.join(', ')}`;
  const type = reason instanceof Error && 'type' in reason ? String(reason.type) : '';
  const said = reason instanceof Error ? reason.message : String(reason);
  if (reason instanceof Error && reason.name === 'KafkaJSSASLAuthenticationError')
    return new BarographError('E_LOG_REFUSED', `${where} refused the login: ${said}.`, { cause: error });
  if (/AUTHORIZATION_FAILED/.test(type))
    return new BarographError('E_LOG_REFUSED', `${where} does not allow this: ${said}.`, { cause: error });
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION')
    return new BarographError('E_LOG_NOT_SET_UP', `${where} lacks a topic: ${said}`, { cause: error });
  if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE')
    return new BarographError('E_RECORD_INVALID', `${where} takes no record of this size: ${said}`, { cause: error });
  return new BarographError('E_LOG_UNAVAILABLE', `${where} cannot be used: ${said}`, { cause: error });
}

function rootOf(error: unknown): unknown {
  let at = error;
  while (at instanceof Error && at.cause !== undefined) at = at.cause;
  return at;
}
