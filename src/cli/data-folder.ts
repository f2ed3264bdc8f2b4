import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BarographError } from '../domain/errors.ts';
import type { EventLog } from '../log/port.ts';
import { SqliteLog } from '../log/sqlite.ts';
import { SqliteStateStore } from '../store/sqlite-state.ts';
import { SqliteTrendStore } from '../store/sqlite-trends.ts';
import type { StateStore } from '../store/state-port.ts';
import type { TrendStore } from '../store/trend-port.ts';

/** The log and the stores that a command works on; the one place that says which adapters they are. */
export interface Storage {
  readonly log: EventLog;
  readonly trends: TrendStore;
  readonly states: StateStore;
  close(): Promise<void>;
}

/** Opens the embedded adapters in a folder, which is made when missing. Errors name the file: `E_DATA_*`, `E_DISK_FULL`. */
export async function openDataFolder(folder: string): Promise<Storage> {
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const each of opened.splice(0).reverse()) await each.close();
  };
  const open = <T extends { close(): Promise<void> }>(each: T): T => {
    opened.push(each);
    return each;
  };
  try {
    const log = open(new SqliteLog(join(folder, 'log.db')));
    const trends = open(new SqliteTrendStore(join(folder, 'trends.db')));
    const states = open(new SqliteStateStore(join(folder, 'state.db')));
    return { log, trends, states, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** As `openDataFolder`, for commands that look at what is there and would be misled by an empty folder. */
export async function openExistingDataFolder(folder: string): Promise<Storage> {
  if (!existsSync(join(folder, 'log.db'))) {
    throw new BarographError(
      'E_INPUT_MISSING',
      `There is no data in ${folder}. Start \`barograph run\`, or name another folder with --data.`,
    );
  }
  return openDataFolder(folder);
}
