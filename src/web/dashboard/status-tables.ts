import { css, html, LitElement, nothing } from 'lit';
import type { FeedStatus, PipelineStatus, Status } from '../contract.ts';
import { sharedStyles } from './shared-styles.ts';
import { isoInstant, utcHour, utcMinute } from './utc.ts';
import { count, counted } from './wording.ts';

const clockTime = (at: number | null) =>
  at === null ? '–' : html`<time datetime=${isoInstant(at)} title="${utcMinute(at)} UTC">${utcHour(at)}</time>`;

export class StatusTables extends LitElement {
  static override properties = { status: { attribute: false } };
  declare status: Status | null;

  static override styles = [
    sharedStyles,
    css`
      .scroll {
        overflow-x: auto;
        margin-bottom: 0.75rem;
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: 0.8rem;
        font-variant-numeric: tabular-nums;
      }
      caption {
        text-align: start;
        font-weight: 600;
      }
      th,
      td {
        padding: 0.2rem 0 0.2rem 0.4rem;
        text-align: end;
        white-space: nowrap;
      }
      th {
        font-weight: 400;
      }
      th:first-child,
      td.error {
        padding-inline-start: 0;
        text-align: start;
        white-space: normal;
      }
      .error,
      .feeds th {
        overflow-wrap: anywhere;
      }
      p + p {
        margin-top: 0.4rem;
      }
      thead th {
        color: var(--quiet);
      }
      tbody tr:not(.detail) > * {
        border-top: 1px solid var(--line);
      }
      .failing,
      .error {
        color: var(--negative);
      }
    `,
  ];

  protected override render() {
    const { status } = this;
    return html`
      <section class="panel" aria-labelledby="heading">
        <h2 id="heading">Status</h2>
        ${
          status === null
            ? html`<p class="quiet">Loading</p>`
            : html`${this.#pipelines(status.pipelines)} ${this.#feeds(status.feeds, status.mode)}
                <p class="quiet">Version ${status.version}, model ${status.bundle || 'unknown'}. Times are UTC.</p>`
        }
      </section>
    `;
  }

  #pipelines(pipelines: readonly PipelineStatus[]) {
    if (pipelines.length === 0) return html`<p class="quiet">No pipeline has reported yet.</p>`;
    return html`
      <div class="scroll" tabindex="0" role="region" aria-label="Pipelines">
        <table>
          <caption>Pipelines</caption>
          <thead>
            <tr>
              <th scope="col"><span class="visually-hidden">Name</span></th>
              <th scope="col">received</th>
              <th scope="col">sent</th>
              <th scope="col" title="discarded">disc.</th>
              <th scope="col">errors</th>
              <th scope="col">waiting</th>
            </tr>
          </thead>
          <tbody>
            ${pipelines.map(
              ({ name, received, sent, discarded, errors, lag }) => html`<tr>
                <th scope="row">${name}</th>
                <td>${count(received)}</td>
                <td>${count(sent)}</td>
                <td>${count(discarded)}</td>
                <td class=${errors > 0 ? 'failing' : ''}>${count(errors)}</td>
                <td>${lag === null ? '–' : count(lag)}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    `;
  }

  #feeds(feeds: readonly FeedStatus[], mode: Status['mode']) {
    if (feeds.length === 0) {
      return html`<p class="quiet">${mode === 'demo' ? 'The demo plays recorded news and asks no feeds.' : 'No feed has been asked yet.'}</p>`;
    }
    return html`
      <div class="scroll feeds" tabindex="0" role="region" aria-label="Feeds">
        <table>
          <caption>Feeds</caption>
          <thead>
            <tr>
              <th scope="col"><span class="visually-hidden">Name</span></th>
              <th scope="col">state</th>
              <th scope="col">polled</th>
              <th scope="col">next</th>
            </tr>
          </thead>
          <tbody>
            ${feeds.map(
              ({ name, state, polledAt, nextAt, failures, error }) => html`<tr>
                  <th scope="row">${name}</th>
                  <td class=${state}>${state}</td>
                  <td>${clockTime(polledAt)}</td>
                  <td>${clockTime(nextAt)}</td>
                </tr>
                ${
                  error === '' && failures === 0
                    ? nothing
                    : html`<tr class="detail"><td class="error" colspan="4">${counted(failures, 'failure', 'failures')}: ${error}</td></tr>`
                }`,
            )}
          </tbody>
        </table>
      </div>
    `;
  }
}

customElements.define('status-tables', StatusTables);
