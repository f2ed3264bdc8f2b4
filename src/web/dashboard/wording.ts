import type { Alert } from '../../domain/trends.ts';

const whole = new Intl.NumberFormat('en');

export function count(value: number): string {
  return whole.format(Math.round(value));
}

/** `1 story`, `2 stories`. */
export function counted(value: number, one: string, many: string): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Small expectations need a digit: "expected 0" beside an alert would read as a fault. */
export function rate(value: number): string {
  if (value > 0 && value < 0.05) return '<0.1';
  return value < 10 ? value.toFixed(1) : count(value);
}

export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** With a true minus sign, which lines up with the plus. */
export function signed(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return value < 0 ? `−${text}` : `+${text}`;
}

/** A tail probability as odds: people compare "1 in 40,000" better than 2.5e-5. */
export function odds(probability: number): string {
  if (!(probability > 1e-9)) return 'below 1 in a billion';
  if (probability > 0.5) return 'more likely than not';
  const among = 1 / probability;
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(among)) - 1);
  return `1 in ${whole.format(Math.round(among / unit) * unit)}`;
}

/** The open and critical first, then the other open ones, then the resolved; within each the newest first. */
export function compareAlerts(a: Alert, b: Alert): number {
  return urgency(b) - urgency(a) || b.openedAt - a.openedAt;
}

function urgency({ status, severity }: Alert): number {
  if (status === 'resolved') return 0;
  return severity === 'critical' ? 2 : 1;
}
