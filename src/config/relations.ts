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
    ...clusterFaults(member(member(file, 'log'), 'kafka'), member(member(file, 'store'), 'elasticsearch')),
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

/** What a way to log in needs; what belongs together. */
const LOGINS: Readonly<Record<string, readonly string[]>> = {
  plain: ['username', 'password'],
  'scram-sha-256': ['username', 'password'],
  'scram-sha-512': ['username', 'password'],
  oauthbearer: ['token_url', 'client_id', 'client_secret'],
};
const TLS_KEYS = ['ca', 'certificate', 'key'];

function clusterFaults(kafka: unknown, elasticsearch: unknown): RelationFault[] {
  const faults: RelationFault[] = [];
  const kafkaFault = (key: string, message: string): number => faults.push({ path: ['log', 'kafka', key], message });
  const mechanism = String(member(kafka, 'mechanism') ?? 'none');
  for (const key of LOGINS[mechanism] ?? [])
    if (member(kafka, key) === undefined) kafkaFault(key, `expected a value, which mechanism ${mechanism} needs, got nothing`);
  const overTls = ['true', true].includes(member(kafka, 'tls') as string | boolean);
  for (const key of TLS_KEYS) if (member(kafka, key) !== undefined && !overTls) kafkaFault(key, 'expected tls: true beside it');
  for (const [key, other] of [
    ['certificate', 'key'],
    ['key', 'certificate'],
  ] as const)
    if (member(kafka, key) !== undefined && member(kafka, other) === undefined) kafkaFault(key, `expected ${other} beside it`);
  if (elasticsearch === undefined) return faults;
  const storeFault = (key: string, message: string): number => faults.push({ path: ['store', 'elasticsearch', key], message });
  const [node, nodes] = [member(elasticsearch, 'node'), member(elasticsearch, 'nodes')];
  if ((node === undefined) === (nodes === undefined)) storeFault('node', 'expected either node or nodes');
  const [user, password] = [member(elasticsearch, 'username'), member(elasticsearch, 'password')];
  if ((user === undefined) !== (password === undefined)) storeFault('username', 'expected username and password together');
  if (user !== undefined && member(elasticsearch, 'api_key') !== undefined)
    storeFault('api_key', 'expected either an api_key or a username');
  return faults;
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
