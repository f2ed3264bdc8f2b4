import { DOC_KINDS } from '../src/domain/doc.ts';
import { BarographError } from '../src/domain/errors.ts';
import type { EventLog, Topic } from '../src/log/port.ts';
import type { StateStore } from '../src/store/state-port.ts';
import type { TrendStore } from '../src/store/trend-port.ts';
import { SNAPSHOT_KEY } from './ledger-snapshot.ts';

/** What a set-up stands on. */
export interface Place {
  readonly log: EventLog;
  readonly trends: TrendStore;
  readonly states: StateStore;
}

/** A place that is filled. */
export interface TargetPlace extends Place {
  /** Says how far a group has come, in a log that nobody reads. */
  setPositions(topic: Topic, group: string, positions: ReadonlyMap<number, number>): Promise<void>;
}

export interface Migrated {
  readonly records: number;
  readonly documents: number;
  readonly states: number;
}

/** Topics, and the group that has read each up to a position. */
const TOPICS: readonly (readonly [Topic, string | undefined])[] = [
  ['news.raw', 'classify'],
  ['news.scored', 'ledger'],
  ['news.labelled', 'labels'],
  ['alerts', 'notify'],
  ['dead-letter', undefined],
];
/** What only a running process means. */
const TRANSIENT = 'status/';

/**
 * Copies a log with its groups' positions, what was made of it, and what is remembered, into an empty place; both must stand still. Offsets
 * of topics with one partition stay what they are, so documents keep their versions. Rejects with E_USAGE when the target has records.
 */
export async function migrate(
  from: Place,
  to: TargetPlace,
  onProgress: (records: number) => void = () => undefined,
): Promise<Migrated> {
  for (const [topic] of TOPICS)
    if ((await to.log.ranges(topic)).some(({ next }) => next > 0))
      throw new BarographError('E_USAGE', `${topic} of the target has records: a set-up is copied into empty topics only.`);
  let records = 0;
  for (const [topic, group] of TOPICS) {
    const position = group === undefined ? 0 : ((await from.log.positions(topic, group)).get(0) ?? 0);
    for await (const chunk of from.log.read(topic, 0, 0)) {
      const before = chunk.filter(({ offset }) => offset < position);
      const after = chunk.slice(before.length);
      await to.log.append(topic, before);
      // The group goes on behind what it has read, whatever partitions that is in now.
      if (group !== undefined && after.length > 0 && after[0]?.offset === position) await setPositions(to, topic, group);
      await to.log.append(topic, after);
      records += chunk.length;
      onProgress(records);
    }
    if (group !== undefined && position > 0 && (await lengthOf(from.log, topic)) <= position)
      await setPositions(to, topic, group);
    if (topic === 'news.scored') await checkOffsets(from.log, to.log);
  }
  return { records, documents: await copyDocuments(from.trends, to.trends), states: await copyStates(from.states, to.states) };
}

async function setPositions(to: TargetPlace, topic: Topic, group: string): Promise<void> {
  const ranges = await to.log.ranges(topic);
  await to.setPositions(topic, group, new Map(ranges.map(({ partition, next }) => [partition, next])));
}

const lengthOf = async (log: EventLog, topic: Topic): Promise<number> => (await log.ranges(topic))[0]?.next ?? 0;

/** Documents carry offsets as their versions, and the snapshot says where the fold goes on. */
async function checkOffsets(from: EventLog, to: EventLog): Promise<void> {
  const [was, is] = [await lengthOf(from, 'news.scored'), await lengthOf(to, 'news.scored')];
  if (was !== is)
    throw new BarographError(
      'E_LOG_UNAVAILABLE',
      `news.scored ended at ${was} and ends at ${is} now: offsets did not stay the same.`,
    );
}

async function copyDocuments(from: TrendStore, to: TrendStore): Promise<number> {
  let count = 0;
  for (const kind of DOC_KINDS)
    for await (const chunk of from.scan(kind)) {
      await to.write(chunk);
      count += chunk.length;
    }
  await to.flush();
  return count;
}

async function copyStates(from: StateStore, to: StateStore): Promise<number> {
  const records = (await from.list('')).filter(({ key }) => !key.startsWith(TRANSIENT));
  for (const { key, value, expiresAt } of records) await to.put(key, value, expiresAt === null ? {} : { expiresAt });
  const snapshot = await from.getBlob(SNAPSHOT_KEY);
  if (snapshot !== undefined) await to.putBlob(SNAPSHOT_KEY, snapshot);
  return records.length;
}
