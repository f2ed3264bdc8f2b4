import { alertsSchema, ledgerSchema } from './schema.ts';

/** A fault between values, each of which is right by itself. */
export interface RelationFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * No article weighs less than this in a batch: its first and last marker and two pieces of a word. With it the bound
 * `max_in_flight` is comparable to `max_batch_tokens`; the classify pipeline weighs articles by at least as much.
 */
const MIN_ARTICLE_TOKENS = 4;

const DAY_MS = 86_400_000;

/** Checks what concerns several values; works on the raw file, so that it speaks even if other parts have faults. */
export function checkRelations(file: unknown): RelationFault[] {
  return [
    ...repeatedNames(file, 'feeds', undefined),
    ...repeatedNames(file, 'notify', 'kind'),
    ...batchFaults(member(file, 'model')),
    ...windowFaults(member(file, 'ledger'), member(file, 'alerts')),
  ];
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

function repeatedNames(file: unknown, list: string, fallback: string | undefined): RelationFault[] {
  const entries = member(file, list);
  if (!Array.isArray(entries)) return [];
  const first = new Map<unknown, number>();
  const faults: RelationFault[] = [];
  for (const [index, entry] of entries.entries()) {
    const name = member(entry, 'name') ?? (fallback === undefined ? undefined : member(entry, fallback));
    if (typeof name !== 'string') continue;
    const before = first.get(name);
    if (before === undefined) first.set(name, index);
    else
      faults.push({
        path: [list, index, 'name'],
        message: `expected a unique name, got "${name}", which ${list}[${before}] has too`,
      });
  }
  return faults;
}

function batchFaults(model: unknown): RelationFault[] {
  const count = (key: string, fallback: number): number => {
    const value = Number(member(model, key) ?? fallback);
    return Number.isFinite(value) ? value : fallback;
  };
  const least = Math.ceil(count('max_batch_tokens', 4096) / MIN_ARTICLE_TOKENS);
  if (count('max_in_flight', 1024) >= least) return [];
  const message = `expected at least ${least}, the articles that one batch of max_batch_tokens can hold (otherwise no batch would ever fill)`;
  return [{ path: ['model', 'max_in_flight'], message }];
}

function windowFaults(ledgerSection: unknown, alertsSection: unknown): RelationFault[] {
  const ledger = ledgerSchema.safeParse(ledgerSection ?? {});
  const alerts = alertsSchema.safeParse(alertsSection ?? {});
  const faults: RelationFault[] = [];
  if (!ledger.success) return faults;
  const divides = DAY_MS % ledger.data.bucket === 0;
  if (!divides) faults.push({ path: ['ledger', 'bucket'], message: 'expected a width that divides a day' });
  if (ledger.data.dedupe_window < ledger.data.lateness) {
    faults.push({
      path: ['ledger', 'dedupe_window'],
      message: 'expected at least ledger.lateness, or a late repeat would count twice',
    });
  }
  if (!alerts.success || !divides) return faults;
  for (const [index, window] of alerts.data.windows.entries()) {
    const path = ['alerts', 'windows', index];
    if (window % ledger.data.bucket !== 0) faults.push({ path, message: 'expected a multiple of ledger.bucket' });
    const before = alerts.data.windows[index - 1];
    if (before !== undefined && before >= window) faults.push({ path, message: 'expected windows in rising order' });
  }
  return faults;
}
