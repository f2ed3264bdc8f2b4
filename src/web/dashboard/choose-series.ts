import type { SeriesKey } from '../../domain/series.ts';

/** Sent by whatever names a series, to the app that shows it. */
export class ChooseSeriesEvent extends Event {
  static readonly type = 'choose-series';
  readonly series: SeriesKey;

  constructor(series: SeriesKey) {
    super(ChooseSeriesEvent.type, { bubbles: true, composed: true });
    this.series = series;
  }
}

declare global {
  interface HTMLElementEventMap {
    'choose-series': ChooseSeriesEvent;
  }
}
