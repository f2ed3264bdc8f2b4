import { z } from 'zod';
import type { StateStore } from '../../store/state-port.ts';
import type { FeedStatus, PipelineStatus, Status } from '../contract.ts';

const pipeline = z.object({
  name: z.string(),
  received: z.number(),
  sent: z.number(),
  discarded: z.number(),
  errors: z.number(),
  lag: z.number().nullable(),
});

/** What each process tells of itself once a second, in `status/<host>/<pid>`. */
const processStatus = z.object({
  mode: z.enum(['demo', 'live']),
  version: z.string(),
  bundle: z.string(),
  now: z.number().nullable(),
  pipelines: z.array(pipeline),
});

/** What ingest remembers of a feed, in `feed/<name>`, as far as it is shown. */
const feedState = z.object({
  nextAt: z.number(),
  failures: z.number(),
  lastPollAt: z.number().nullable(),
  lastError: z.object({ message: z.string() }).nullable(),
});

/** The state of all processes that share the store, put together. A record that cannot be read is left out. */
export async function readStatus(states: StateStore): Promise<Status> {
  const [processes, feeds] = await Promise.all([states.list('status/'), states.list('feed/')]);
  const known = processes.flatMap(({ value }) => parsed(processStatus, value));
  const clocks = known.flatMap(({ now }) => (now === null ? [] : [now]));
  const bundle = known.find((one) => one.bundle !== '')?.bundle ?? '';
  return {
    mode: known[0]?.mode ?? 'unknown',
    version: known[0]?.version ?? '',
    bundle,
    now: clocks.length === 0 ? null : Math.max(...clocks),
    pipelines: summed(known.flatMap((one) => one.pipelines)),
    feeds: feeds.flatMap(({ key, value }) => parsed(feedState, value).map((state) => feedStatus(key.slice(5), state))),
  };
}

/** Several processes may run the same pipeline; all see the same lag. */
function summed(pipelines: readonly PipelineStatus[]): PipelineStatus[] {
  const byName = new Map<string, PipelineStatus>();
  for (const one of pipelines) {
    const other = byName.get(one.name);
    byName.set(one.name, other === undefined ? one : add(one, other));
  }
  return [...byName.values()];
}

function add(a: PipelineStatus, b: PipelineStatus): PipelineStatus {
  return {
    name: a.name,
    received: a.received + b.received,
    sent: a.sent + b.sent,
    discarded: a.discarded + b.discarded,
    errors: a.errors + b.errors,
    lag: a.lag ?? b.lag,
  };
}

function feedStatus(name: string, state: z.infer<typeof feedState>): FeedStatus {
  return {
    name,
    state: state.failures > 0 ? 'failing' : state.lastPollAt === null ? 'waiting' : 'ok',
    polledAt: state.lastPollAt,
    nextAt: state.nextAt,
    failures: state.failures,
    error: state.failures > 0 ? (state.lastError?.message ?? '') : '',
  };
}

function parsed<T>(schema: z.ZodType<T>, text: string): T[] {
  try {
    const result = schema.safeParse(JSON.parse(text));
    return result.success ? [result.data] : [];
  } catch {
    return []; // another version's record, about to expire
  }
}
