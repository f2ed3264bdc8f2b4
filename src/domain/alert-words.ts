import { seriesKind, seriesName } from './series.ts';
import type { Alert } from './trends.ts';

/* What an alert is called, wherever it is shown. */

export type AlertStage = 'opened' | 'updated' | 'resolved';

export function alertStage(alert: Alert): AlertStage {
  if (alert.status === 'resolved') return 'resolved';
  return alert.updatedAt > alert.openedAt ? 'updated' : 'opened';
}

/** `Bad news piles up about AAPL`, `Bad news about AAPL has calmed down`. */
export function alertTitle(alert: Alert): string {
  const about = subject(alert);
  switch (alertStage(alert)) {
    case 'opened':
      return `Bad news piles up ${about}`;
    case 'updated':
      return `Bad news keeps piling up ${about}`;
    case 'resolved':
      return `Bad news ${about} has calmed down`;
  }
}

function subject(alert: Alert): string {
  const kind = seriesKind(alert.series);
  switch (kind) {
    case 'market':
      return 'across the market';
    case 'topic':
      return `on ${plain(seriesName(alert.series))}`;
    case 'entity':
      return `about ${plain(seriesName(alert.series))}`;
    default:
      return kind satisfies never;
  }
}

/** One line without control characters: other programs may write to the log that alerts come from. */
export function plain(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ');
}
