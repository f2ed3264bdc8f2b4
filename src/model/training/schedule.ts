/** How the learning rate goes over a run. */
export interface ScheduleSettings {
  readonly kind: 'constant' | 'linear' | 'cosine';
  /** The highest rate. */
  readonly rate: number;
  /** Share of all steps in which the rate rises from 0. */
  readonly warmUp: number;
}

/** The rate of a step, counted from 0, of `steps`: rises in a line, then stays, falls in a line to 0, or as half a cosine. */
export function rateOf({ kind, rate, warmUp }: ScheduleSettings, step: number, steps: number): number {
  const rising = Math.round(warmUp * steps);
  if (step < rising) return (rate * (step + 1)) / rising;
  const left = (steps - step) / Math.max(1, steps - rising);
  switch (kind) {
    case 'constant':
      return rate;
    case 'linear':
      return rate * left;
    case 'cosine':
      return (rate * (1 - Math.cos(Math.PI * left))) / 2;
    default:
      return kind satisfies never;
  }
}
