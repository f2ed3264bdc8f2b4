import { css, html, LitElement, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { styleMap } from 'lit/directives/style-map.js';
import type { SeriesKey } from '../../domain/series.ts';
import type { Mover, Overview } from '../contract.ts';
import { ChooseSeriesEvent } from './choose-series.ts';
import { sharedStyles } from './shared-styles.ts';
import { lasting } from './utc.ts';
import { rate, signed } from './wording.ts';

const SHOWN = 6;
/** Standard errors at the end of the bar; beyond, the bar is merely full. */
const FULL_BAR = 3;

export class MoverList extends LitElement {
  static override properties = { overview: { attribute: false }, chosen: { attribute: false } };
  declare overview: Overview | null;
  declare chosen: SeriesKey;

  static override styles = [
    sharedStyles,
    css`
      h3 {
        margin: 0.5rem 0 0.15rem;
        font-size: 0.85rem;
      }
      button {
        display: grid;
        grid-template-columns: minmax(0, 1fr) 5.5rem;
        gap: 0 0.6rem;
        width: calc(100% + 0.8rem);
        margin: 0 -0.4rem;
        padding: 0.25rem 0.4rem;
        border: 0;
        border-radius: 4px;
        background: none;
        text-align: start;
      }
      button:hover,
      button[aria-pressed='true'] {
        background: var(--sunken);
      }
      .name {
        font-weight: 600;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .figures {
        grid-column: 1 / -1;
        font-size: 0.85rem;
        font-variant-numeric: tabular-nums;
      }
      .bar {
        position: relative;
        align-self: center;
        height: 0.6rem;
        background: linear-gradient(var(--quiet), var(--quiet)) center / 1px 100% no-repeat;
      }
      .bar i {
        position: absolute;
        inset-block: 0.1rem;
        background: var(--positive);
      }
      .bar .worse {
        background: var(--negative);
      }
    `,
  ];

  protected override render() {
    const { overview } = this;
    return html`
      <section class="panel" aria-labelledby="heading">
        <h2 id="heading">Furthest from normal</h2>
        ${overview === null ? html`<p>Loading</p>` : this.#lists(overview)}
      </section>
    `;
  }

  #lists({ topics, companies, recentMs }: Overview) {
    return html`
      <p class="quiet">The last ${lasting(recentMs)} beside the series' own past; bars left are worse.</p>
      ${this.#list('Topics', topics)} ${this.#list('Companies', companies)}
    `;
  }

  #list(title: string, movers: readonly Mover[]) {
    return html`
      <h3>${title}</h3>
      ${movers.length === 0 ? html`<p class="quiet">None with enough news yet.</p>` : nothing}
      <ul>
        ${repeat(
          movers.slice(0, SHOWN),
          ({ series }) => series,
          (mover) => html`<li>${this.#mover(mover)}</li>`,
        )}
      </ul>
    `;
  }

  #mover({ series, name, tone, usual, stories, departure }: Mover) {
    const half = Math.min(1, Math.abs(departure) / FULL_BAR) * 50;
    const worse = departure < 0;
    const perDay = (stories * 86_400_000) / (this.overview?.recentMs ?? 86_400_000);
    return html`
      <button aria-pressed=${series === this.chosen} @click=${() => this.dispatchEvent(new ChooseSeriesEvent(series))}>
        <span class="name">${name}</span>
        <span class="bar" title="${signed(departure, 1)} standard errors">
          <i class=${worse ? 'worse' : ''} style=${styleMap({ width: `${half}%`, [worse ? 'right' : 'left']: '50%' })}></i>
          <span class="visually-hidden">${signed(departure, 1)} standard errors ${worse ? 'worse' : 'better'} than usual.</span>
        </span>
        <span class="figures quiet">
          tone ${signed(tone)} (usual ${signed(usual.tone)}) · ${rate(perDay)} stories a day (${rate(usual.storiesPerDay)})
        </span>
      </button>
    `;
  }
}

customElements.define('mover-list', MoverList);
