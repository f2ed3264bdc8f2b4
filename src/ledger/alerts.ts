import type { Instant } from '../domain/article.ts';
import { contentId } from '../domain/article-id.ts';
import { bucketStart, type SeriesKey } from '../domain/series.ts';
import type { Alert, Severity } from '../domain/trends.ts';
import { evidenceOf } from './evidence.ts';
import { type LedgerState, type SeriesState, seriesState } from './state.ts';
import { findSurge, surgeLevel, testCount, type WindowTest, windowOf } from './surge.ts';

/** A surge this much less probable than the level is critical. */
const CRITICAL = 1e-3;
/** An open alert is updated when its evidence became this much less probable. */
const UPDATE_FACTOR = 0.1;
/** The shortest window is calm when so many negative stories are this probable. */
const CALM = 0.05;

/** Tests a series that just got a negative story; gives the alert that this opened or strengthened. */
export function watch(state: LedgerState, key: SeriesKey, at: Instant): Alert | undefined {
  if (state.startedAt === null || at - state.startedAt < state.settings.warmUpMs) return undefined;
  const series = seriesState(state, key);
  const strongest = strongestSurge(state, key, series, bucketStart(at, state.settings.bucketMs));
  if (strongest === undefined) return undefined;
  if (series.open === null) return open(state, key, series, strongest, at);
  series.open.calmSince = null;
  return strengthen(state, key, series, strongest, at);
}

function strongestSurge(state: LedgerState, key: SeriesKey, series: SeriesState, bucket: Instant): WindowTest | undefined {
  let strongest: WindowTest | undefined;
  for (let index = 0; index < state.settings.windowsMs.length; index += 1) {
    const test = findSurge(state, key, series, index, bucket);
    if (test === undefined) continue;
    if (strongest === undefined || test.probability.count < strongest.probability.count) strongest = test;
  }
  return strongest;
}

function open(state: LedgerState, key: SeriesKey, series: SeriesState, test: WindowTest, at: Instant): Alert {
  const alert: Alert = {
    id: contentId(`alert\n${key}\n${at}`),
    series: key,
    status: 'open',
    severity: severityOf(state, test),
    openedAt: at,
    updatedAt: at,
    resolvedAt: null,
    evidence: evidenceOf(state, key, test),
  };
  series.open = { alert, strongest: test.probability.count, calmSince: null };
  state.open.add(key);
  state.counters.alerts += 1;
  return alert;
}

function strengthen(state: LedgerState, key: SeriesKey, series: SeriesState, test: WindowTest, at: Instant): Alert | undefined {
  const present = series.open;
  if (present === null) return undefined;
  const severity = present.alert.severity === 'critical' ? 'critical' : severityOf(state, test);
  if (test.probability.count > present.strongest * UPDATE_FACTOR && severity === present.alert.severity) return undefined;
  present.strongest = Math.min(present.strongest, test.probability.count);
  present.alert = { ...present.alert, severity, updatedAt: at, evidence: evidenceOf(state, key, test) };
  return present.alert;
}

/** At the end of a bucket: gives the alerts that have been calm for long enough, resolved. */
export function resolveCalm(state: LedgerState, bucketEnd: Instant): Alert[] {
  const resolved: Alert[] = [];
  for (const key of [...state.open]) {
    const series = seriesState(state, key);
    const present = series.open;
    if (present === null) continue;
    const shortest = windowOf(state, series, 0, bucketEnd - state.settings.bucketMs);
    const calm = testCount(state, key, series, shortest).count > CALM;
    present.calmSince = calm ? (present.calmSince ?? bucketEnd) : null;
    if (present.calmSince === null || bucketEnd - present.calmSince < state.settings.resolveAfterMs) continue;
    series.open = null;
    state.open.delete(key);
    series.resolvedAt = bucketEnd;
    resolved.push({ ...present.alert, status: 'resolved', updatedAt: bucketEnd, resolvedAt: bucketEnd });
  }
  return resolved;
}

function severityOf(state: LedgerState, test: WindowTest): Severity {
  return test.probability.count <= surgeLevel(state) * CRITICAL ? 'critical' : 'warning';
}
