import type { Clock } from '../src/domain/clock.ts';
import type { LedgerSettings } from '../src/domain/settings.ts';
import { encodeScored } from '../src/domain/wire.ts';
import type { Ledger } from '../src/ledger/fold.ts';
import { drain } from '../src/log/drain.ts';
import type { EventLog } from '../src/log/port.ts';
import { pull } from '../src/log/pull.ts';
import { whenFree } from '../src/log/when-free.ts';
import type { PipelineMeter } from '../src/ops/metrics.ts';
import type { StateStore } from '../src/store/state-port.ts';
import type { TrendStore } from '../src/store/trend-port.ts';
import { LedgerOwner } from './ledger-owner.ts';
import type { Pipeline } from './pipeline.ts';

export interface LedgerDeps {
  readonly log: EventLog;
  readonly trends: TrendStore;
  readonly states: StateStore;
  readonly clock: Clock;
  readonly meter: PipelineMeter;
  /** Written into the log before the first record is folded, when they differ from what the log says. */
  readonly settings: LedgerSettings;
  /** Whether this ledger writes the ticks of its own clock. A replay writes them itself, on the articles' clock. */
  readonly ticks: boolean;
  /** Hears of the fold's progress after every batch. */
  readonly onProgress?: (ledger: Ledger) => void;
}

const SETTINGS_KEY = 'ledger/settings';
/** Who is not the owner by then stands by. */
const STAND_BY_MS = 1000;
const BATCH = 512;
/** Records that are stored in one go when storing falls behind. */
const MAX_STORE = 4 * BATCH;

/** news.scored → stories, rollups, alerts. One owner at a time; the state resumes from the newest snapshot. */
export function ledgerPipeline(deps: LedgerDeps): Pipeline {
  return {
    name: 'ledger',
    meter: deps.meter,
    run: async (stop) => {
      await recordSettings(deps.log, deps.states, deps.settings);
      const owner = new LedgerOwner(deps);
      const subscription = await deps.log.subscribe('news.scored', 'ledger', { startAt: () => owner.resume() });
      const standingBy = setTimeout(() => owner.standBy(), STAND_BY_MS);
      try {
        await drain(
          subscription,
          pull(subscription, { maxInFlight: 2 * MAX_STORE, maxBatch: BATCH, stop }).pipe(
            whenFree((batch) => owner.fold(batch), { max: BATCH }),
            whenFree((folded) => owner.store(folded), { max: MAX_STORE, weigh: ({ batch }) => batch.length }), // while it is written, the next batch is folded
          ),
        );
        await owner.snapshot(); // a large one takes seconds: a stand-by, which has folded along, has the partition by now
      } finally {
        clearTimeout(standingBy);
        await owner.close();
      }
    },
  };
}

/** Makes the log say by which settings it is folded. Writing them twice changes nothing. */
export async function recordSettings(log: EventLog, states: StateStore, settings: LedgerSettings): Promise<void> {
  const value = encodeScored({ type: 'settings', settings });
  if ((await states.get(SETTINGS_KEY))?.value === value) return;
  await log.append('news.scored', [{ key: 'settings', value }]);
  await states.put(SETTINGS_KEY, value);
}
