import { css, html, LitElement, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { parseSeriesKey, type SeriesKey, seriesKind, seriesName } from '../../domain/series.ts';
import type { SeriesPoint } from '../../domain/trends.ts';
import type { SeriesAnswer, SeriesNames } from '../contract.ts';
import { ChooseSeriesEvent } from './choose-series.ts';
import { fillBuckets } from './series-buckets.ts';
import { sharedStyles } from './shared-styles.ts';
import { utcHour, utcMinute } from './utc.ts';
import { count, counted, signed } from './wording.ts';
import './series-chart.ts';

const PERIODS = [
  [24, '24 h'],
  [24 * 7, '7 d'],
  [24 * 30, '30 d'],
] as const;

const GROUPS = [
  ['market', 'Market'],
  ['topic', 'Topics'],
  ['entity', 'Companies'],
] as const;

export class SeriesPanel extends LitElement {
  static override properties = {
    answer: { attribute: false },
    names: { attribute: false },
    series: { attribute: false },
    hours: { attribute: false },
  };
  declare answer: SeriesAnswer | null;
  declare names: SeriesNames;
  declare series: SeriesKey;
  declare hours: number;
  #pointed: number | null = null;

  static override styles = [
    sharedStyles,
    css`
      /* As high as with its chart, so that the stories below do not jump while another series loads. */
      section {
        min-height: 27rem;
      }
      .controls {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.4rem 0.75rem;
      }
      select,
      .periods button {
        padding: 0.2rem 0.5rem;
        border: 1px solid var(--line);
        border-radius: 4px;
        background: var(--panel);
        color: var(--text);
      }
      select {
        max-width: min(100%, 20rem);
        font-weight: 600;
      }
      .periods {
        display: flex;
        gap: 0.25rem;
        border: 0;
        margin: 0;
        padding: 0;
      }
      .periods button[aria-pressed='true'] {
        border-color: var(--accent);
        color: var(--accent);
        font-weight: 600;
      }
      .key {
        display: flex;
        flex-wrap: wrap;
        gap: 0.1rem 0.9rem;
        margin-inline-start: auto;
        font-size: 0.85rem;
      }
      .key span::before {
        content: '';
        display: inline-block;
        width: 0.65rem;
        height: 0.65rem;
        margin-inline-end: 0.3rem;
        background: var(--mark);
      }
      .reading {
        min-height: 1.5em;
        margin: 0.4rem 0 0.2rem;
        font-size: 0.9rem;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  protected override render() {
    const answer = this.answer?.series === this.series ? this.answer : null;
    return html`
      <section class="panel" aria-labelledby="heading">
        <h2 id="heading">Volume and tone</h2>
        <div class="controls">
          <select aria-label="Series" @change=${this.#chooseSeries} .value=${live(this.series)}>${this.#options()}</select>
          <fieldset class="periods">
            <legend class="visually-hidden">Period</legend>
            ${PERIODS.map(
              ([hours, words]) =>
                html`<button aria-pressed=${hours === this.hours} @click=${() => this.#choosePeriod(hours)}>${words}</button>`,
            )}
          </fieldset>
          <div class="key quiet" aria-hidden="true">
            <span style="--mark: var(--negative)">negative</span><span style="--mark: var(--neutral)">neutral</span>
            <span style="--mark: var(--positive)">positive</span><span style="--mark: var(--accent)">tone</span>
            <span style="--mark: var(--band)">alert</span>
          </div>
        </div>
        ${
          answer === null
            ? html`<p class="reading quiet">Loading</p>`
            : html`
                <p class="reading">${this.#reading(answer)}</p>
                <series-chart aria-hidden="true" .answer=${answer} @point=${this.#point}></series-chart>
              `
        }
      </section>
    `;
  }

  /** A select shows no value that it has no option for, and the chosen series may have had no news yet. */
  #options() {
    const all = [...this.names];
    for (const series of ['market', this.series] as const) {
      if (!all.some((one) => one.series === series)) all.unshift({ series, name: seriesName(series), articles: 0 });
    }
    return GROUPS.map(([kind, words]) => {
      const group = all.filter((one) => seriesKind(one.series) === kind);
      if (group.length === 0) return nothing;
      return html`<optgroup label=${words}>
        ${group.map(
          ({ series, name, articles }) =>
            html`<option value=${series} ?selected=${series === this.series}>${name} (${count(articles)})</option>`,
        )}
      </optgroup>`;
    });
  }

  /** The bucket under the pointer, else the whole period; the latter is also what a screen reader gets for the chart. */
  #reading(answer: SeriesAnswer) {
    const point = this.#pointed === null ? undefined : fillBuckets(answer).points[this.#pointed];
    if (point !== undefined) return `${utcMinute(point.start)}–${utcHour(point.start + answer.widthMs)} UTC: ${figures(point)}`;
    const alerts = answer.alerts.length > 0 ? `, ${counted(answer.alerts.length, 'alert', 'alerts')}` : '';
    return `${utcMinute(answer.from)} to ${utcMinute(answer.to)} UTC: ${figures(total(answer.points))}${alerts}`;
  }

  #chooseSeries = (event: Event) => {
    const series = event.target instanceof HTMLSelectElement ? parseSeriesKey(event.target.value) : undefined;
    if (series !== undefined) this.dispatchEvent(new ChooseSeriesEvent(series));
  };

  #choosePeriod(hours: number) {
    this.dispatchEvent(new CustomEvent('choose-hours', { detail: hours }));
  }

  #point = (event: CustomEvent<number | null>) => {
    if (event.detail === this.#pointed) return;
    this.#pointed = event.detail;
    this.requestUpdate();
  };
}

type Figures = Pick<SeriesPoint, 'stories' | 'negative' | 'neutral' | 'positive' | 'tone'>;

function figures({ stories, negative, neutral, positive, tone }: Figures): string {
  if (stories === 0) return 'no new stories';
  return `${counted(stories, 'story', 'stories')}, ${negative} negative, ${neutral} neutral, ${positive} positive, mean tone ${signed(tone)}`;
}

function total(points: readonly SeriesPoint[]): Figures {
  const sum = (of: (point: SeriesPoint) => number) => points.reduce((so, point) => so + of(point), 0);
  const stories = sum((point) => point.stories);
  return {
    stories,
    negative: sum((point) => point.negative),
    neutral: sum((point) => point.neutral),
    positive: sum((point) => point.positive),
    tone: stories === 0 ? 0 : sum((point) => point.tone * point.stories) / stories,
  };
}

customElements.define('series-panel', SeriesPanel);
