import { css, html, LitElement, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { alertTitle } from '../../domain/alert-words.ts';
import { seriesName } from '../../domain/series.ts';
import type { Alert } from '../../domain/trends.ts';
import { ChooseSeriesEvent } from './choose-series.ts';
import { newsLink } from './news-link.ts';
import { sharedStyles } from './shared-styles.ts';
import { isoInstant, lasting, utcMinute } from './utc.ts';
import { count, odds, percent, rate } from './wording.ts';

const TOP_STORIES = 3;
const RESOLVED_SHOWN = 6;

export class AlertList extends LitElement {
  static override properties = { alerts: { attribute: false }, now: { attribute: false }, loaded: { attribute: false } };
  declare alerts: readonly Alert[];
  declare now: number | null;
  declare loaded: boolean;

  static override styles = [
    sharedStyles,
    css`
      .open {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 27rem), 1fr));
        gap: 0.75rem;
      }
      .open > li {
        border-inline-start: 4px solid var(--warning);
        padding: 0.1rem 0 0.1rem 0.8rem;
        min-width: 0;
      }
      /* One alone has room for its stories beside it. */
      @media (width >= 60rem) {
        .open > li:only-child {
          grid-column: 1 / -1;
          columns: 2;
          column-gap: 2.5rem;
        }
        .open > li:only-child .stories {
          break-before: column;
        }
      }
      .open > .critical {
        border-color: var(--negative);
      }
      h3,
      h3 button {
        font-size: 1.05rem;
        font-weight: 600;
      }
      h3 button,
      .resolved button {
        padding: 0;
        border: 0;
        background: none;
        text-align: start;
        overflow-wrap: anywhere;
      }
      button:hover {
        color: var(--accent);
      }
      .severity {
        color: var(--warning);
        background: var(--warning-ground);
      }
      .critical .severity {
        color: var(--negative);
        background: var(--negative-ground);
      }
      .figures {
        margin: 0.2rem 0 0.4rem;
      }
      .stories li {
        display: flex;
        gap: 0.6rem;
        padding: 0.15rem 0;
      }
      .stories .title {
        -webkit-line-clamp: 2;
        line-clamp: 2;
      }
      .words {
        margin-top: 0.3rem;
        overflow-wrap: anywhere;
      }
      .resolved {
        margin-top: 0.6rem;
        padding-top: 0.5rem;
        border-top: 1px solid var(--line);
        font-size: 0.9rem;
      }
      .resolved h3 {
        font-size: inherit;
      }
      .resolved ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr));
        gap: 0 1.5rem;
      }
      .resolved button {
        font-weight: 600;
      }
    `,
  ];

  protected override render() {
    const open = this.alerts.filter((alert) => alert.status === 'open');
    const resolved = this.alerts.filter((alert) => alert.status === 'resolved').slice(0, RESOLVED_SHOWN);
    return html`
      <section class="panel" aria-labelledby="heading">
        <h2 id="heading" aria-live="polite">Open alerts${open.length > 0 ? ` (${open.length})` : nothing}</h2>
        ${
          open.length > 0
            ? html`<ul class="open">${repeat(
                open,
                ({ id }) => id,
                (alert) => this.#open(alert),
              )}</ul>`
            : html`<p>${this.loaded ? 'No open alerts.' : 'Loading'}</p>`
        }
        ${
          resolved.length > 0
            ? html`<div class="resolved">
                <h3 class="quiet">Recently resolved</h3>
                <ul>${repeat(
                  resolved,
                  ({ id }) => id,
                  (alert) => this.#resolved(alert),
                )}</ul>
              </div>`
            : nothing
        }
      </section>
    `;
  }

  #open(alert: Alert) {
    const { series, severity, openedAt, evidence } = alert;
    const { observed, expected, probability, window } = evidence;
    const smallest = Math.min(probability.count, probability.share);
    return html`
      <li class=${severity}>
        <h3><button @click=${() => this.#choose(series)}>${alertTitle(alert)}</button></h3>
        <p class="quiet">
          <span class="chip severity">${severity}</span>
          opened <time datetime=${isoInstant(openedAt)}>${utcMinute(openedAt)} UTC</time>${
            this.now === null ? nothing : html`, open for ${lasting(this.now - openedAt)}`
          }
        </p>
        <p class="figures">
          <strong>${count(observed.negative)} of ${count(observed.stories)} stories negative</strong> in
          ${lasting(window.to - window.from)}; expected ${rate(expected.negative)} (${percent(expected.share)}).
          <span class="quiet">By chance: ${odds(smallest)}.</span>
        </p>
        <ul class="stories">
          ${evidence.topStories
            .slice(0, TOP_STORIES)
            .map(
              (story) =>
                html`<li><span class="number quiet">${percent(story.negative)}</span>${newsLink(story.title, story.url)}</li>`,
            )}
        </ul>
        ${evidence.words.length > 0 ? html`<p class="words quiet">Words: ${evidence.words.join(', ')}</p>` : nothing}
      </li>
    `;
  }

  #resolved(alert: Alert) {
    const { series, severity, openedAt, resolvedAt } = alert;
    return html`
      <li>
        <button title=${alertTitle(alert)} @click=${() => this.#choose(series)}>${seriesName(series)}</button>
        <span class="quiet">
          ${severity}, <time datetime=${isoInstant(openedAt)}>${utcMinute(openedAt)}</time>${
            resolvedAt === null ? nothing : html`, lasted ${lasting(resolvedAt - openedAt)}`
          }
        </span>
      </li>
    `;
  }

  #choose(series: Alert['series']) {
    this.dispatchEvent(new ChooseSeriesEvent(series));
  }
}

customElements.define('alert-list', AlertList);
