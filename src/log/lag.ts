import type { EventLog, Topic } from './port.ts';

/** Records that a topic holds and a group has not acknowledged. Positions are read first, so that it is never below 0. */
export async function lagOf(log: EventLog, topic: Topic, group: string): Promise<number> {
  const positions = await log.positions(topic, group);
  const ranges = await log.ranges(topic);
  return ranges.reduce((sum, { partition, first, next }) => sum + next - Math.max(first, positions.get(partition) ?? 0), 0);
}
