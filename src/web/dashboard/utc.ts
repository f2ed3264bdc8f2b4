import type { Instant } from '../../domain/article.ts';

const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', hourCycle: 'h23', ...options });

const minute = format({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const clock = format({ day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = format({ day: 'numeric', month: 'long', year: 'numeric' });
const shortDay = format({ day: 'numeric', month: 'short' });
const hour = format({ hour: '2-digit', minute: '2-digit' });

/** `3 Mar, 14:05`, in UTC like every time on the page. */
export const utcMinute = (at: Instant): string => minute.format(at);
export const utcClock = (at: Instant): string => clock.format(at);
export const utcDay = (at: Instant): string => day.format(at);
export const utcShortDay = (at: Instant): string => shortDay.format(at);
export const utcHour = (at: Instant): string => hour.format(at);

/** For the `datetime` attribute. */
export const isoInstant = (at: Instant): string => new Date(at).toISOString();

/** `45 min`, `3 h`, `2 d`. */
export function lasting(durationMs: number): string {
  const minutes = Math.max(0, Math.round(durationMs / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} d`;
}
