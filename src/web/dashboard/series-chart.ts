import { css, html, LitElement, type PropertyValues, unsafeCSS } from 'lit';
import uPlot from 'uplot';
import uPlotStyles from 'uplot/dist/uPlot.min.css?inline';
import type { SeriesAnswer } from '../contract.ts';
import { type ChartContext, toneOptions, volumeOptions } from './chart-options.ts';
import { fillBuckets } from './series-buckets.ts';

/** Tone above volume, with one time axis. It sends `point` with the index of the bucket under the pointer, or null. */
export class SeriesChart extends LitElement {
  static override properties = { answer: { attribute: false } };
  declare answer: SeriesAnswer;

  static override styles = [
    unsafeCSS(uPlotStyles),
    css`
      :host {
        display: block;
        min-width: 0;
        overflow: hidden;
      }
      .u-hz .u-cursor-x,
      .u-hz .u-cursor-y {
        border-color: var(--quiet);
      }
    `,
  ];

  #charts: readonly [tone: uPlot, volume: uPlot] | undefined;
  #resize = new ResizeObserver(([entry]) => {
    const width = Math.floor(entry?.contentRect.width ?? 0);
    if (width > 0) for (const chart of this.#charts ?? []) chart.setSize({ width, height: chart.height });
  });
  #scheme = matchMedia('(prefers-color-scheme: dark)');
  // uPlot caches the colours with its paths.
  #recolour = () => {
    for (const chart of this.#charts ?? []) chart.redraw(true, true);
  };

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resize.observe(this);
    this.#scheme.addEventListener('change', this.#recolour);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resize.disconnect();
    // Charts register with the window and with their cursor group; the panel makes a new element for its next chart.
    for (const chart of this.#charts ?? []) chart.destroy();
    this.#charts = undefined;
    this.#scheme.removeEventListener('change', this.#recolour);
  }

  protected override render() {
    return html`<div id="tone"></div><div id="volume"></div>`;
  }

  protected override firstUpdated(): void {
    const context: ChartContext = {
      colour: (name) => getComputedStyle(this).getPropertyValue(name).trim(),
      alerts: () => this.answer.alerts,
      range: () => [this.answer.from / 1000, this.answer.to / 1000],
      pointed: (index) => this.dispatchEvent(new CustomEvent('point', { detail: index })),
    };
    const part = (id: string) => this.renderRoot.querySelector<HTMLElement>(`#${id}`) ?? undefined;
    this.#charts = [
      new uPlot(toneOptions(context), [[], []], part('tone')),
      new uPlot(volumeOptions(context), [[], [], [], []], part('volume')),
    ];
    const width = Math.floor(this.clientWidth);
    if (width > 0) for (const chart of this.#charts) chart.setSize({ width, height: chart.height });
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has('answer') || this.#charts === undefined) return;
    const { middles, all, negativeAndNeutral, negative, tone } = fillBuckets(this.answer);
    const [toneChart, volumeChart] = this.#charts;
    toneChart.setData([middles, tone]);
    volumeChart.setData([middles, all, negativeAndNeutral, negative]);
  }
}

customElements.define('series-chart', SeriesChart);
