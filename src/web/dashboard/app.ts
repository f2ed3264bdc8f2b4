import { css, html, LitElement, nothing } from 'lit';
import { parseSeriesKey, type SeriesKey } from '../../domain/series.ts';
import type { ChooseSeriesEvent } from './choose-series.ts';
import { DashboardState } from './dashboard-state.ts';
import { sharedStyles } from './shared-styles.ts';
import './page-header.ts';
import './alert-list.ts';
import './mover-list.ts';
import './series-panel.ts';
import './story-list.ts';
import './status-tables.ts';

function seriesOfHash(): SeriesKey {
  return parseSeriesKey(new URLSearchParams(location.hash.slice(1)).get('series') ?? '') ?? 'market';
}

export class BarographApp extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      .skip {
        position: absolute;
        left: 0.5rem;
        top: -4rem;
        padding: 0.4rem 0.8rem;
        background: var(--panel);
        z-index: 2;
      }
      .skip:focus {
        top: 0.5rem;
      }
      main {
        display: grid;
        grid-template-columns: minmax(0, 24rem) minmax(0, 1fr);
        gap: 0.75rem;
        max-width: 100rem;
        margin: 0 auto;
        padding: 0.75rem;
        outline: none;
      }
      alert-list,
      .problem {
        grid-column: 1 / -1;
      }
      .column {
        display: flex;
        flex-direction: column;
        gap: 0.75rem;
        min-width: 0;
      }
      .problem {
        padding: 0.4rem 0.9rem;
        border-radius: 6px;
        background: var(--warning-ground);
        color: var(--warning);
        overflow-wrap: anywhere;
      }
      @media (max-width: 60rem) {
        main {
          display: flex;
          flex-direction: column;
          padding: 0.5rem;
        }
        .column {
          display: contents;
        }
        status-tables {
          order: 1;
        }
      }
    `,
  ];

  #state = new DashboardState(() => this.requestUpdate());

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('hashchange', () => this.#state.choose(seriesOfHash(), this.#state.hours));
    this.#state.choose(seriesOfHash(), this.#state.hours);
    this.#state.start();
  }

  protected override render() {
    const state = this.#state;
    const now = state.status?.now ?? state.overview?.now ?? null;
    return html`
      <a class="skip" href="#main" @click=${this.#skip}>Skip to the content</a>
      <page-header .status=${state.status} .connection=${state.connection}></page-header>
      <main tabindex="-1" @choose-series=${this.#choose}>
        ${state.problem === '' ? nothing : html`<p class="problem" role="status">Some figures may be old: ${state.problem}. Trying again.</p>`}
        <alert-list .alerts=${state.alerts} .now=${now} .loaded=${state.overview !== null}></alert-list>
        <div class="column">
          <mover-list .overview=${state.overview} .chosen=${state.series}></mover-list>
          <status-tables .status=${state.status}></status-tables>
        </div>
        <div class="column">
          <series-panel
            .answer=${state.answer}
            .names=${state.names}
            .series=${state.series}
            .hours=${state.hours}
            @choose-hours=${(event: CustomEvent<number>) => state.choose(state.series, event.detail)}
          ></series-panel>
          <story-list .stories=${state.stories} .series=${state.series}></story-list>
        </div>
      </main>
    `;
  }

  /** By hand: a fragment cannot point into a shadow root, and the page's fragment holds the series. */
  #skip = (event: Event) => {
    event.preventDefault();
    this.renderRoot.querySelector('main')?.focus();
  };

  #choose = (event: ChooseSeriesEvent) => {
    location.hash = new URLSearchParams({ series: event.series }).toString();
  };
}

customElements.define('barograph-app', BarographApp);
