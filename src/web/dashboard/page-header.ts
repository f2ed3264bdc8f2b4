import { css, html, LitElement, nothing } from 'lit';
import type { Status } from '../contract.ts';
import type { Connection } from './live.ts';
import { sharedStyles } from './shared-styles.ts';
import { isoInstant, utcClock, utcDay } from './utc.ts';

const CONNECTION_WORDS = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
} satisfies Record<Connection, string>;

function modeWords({ mode, now }: Status): string {
  if (mode === 'demo') return now === null ? 'Demo: recorded news' : `Demo: recorded news of ${utcDay(now)}`;
  return mode === 'live' ? 'Live news' : '';
}

export class PageHeader extends LitElement {
  static override properties = { status: { attribute: false }, connection: { attribute: false } };
  declare status: Status | null;
  declare connection: Connection;

  static override styles = [
    sharedStyles,
    css`
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0.15rem 1.25rem;
        max-width: 100rem;
        margin: 0 auto;
        padding: 0.6rem 0.9rem 0;
      }
      h1 {
        margin: 0;
        font-size: 1.15rem;
        letter-spacing: -0.01em;
      }
      .connection {
        margin-inline-start: auto;
      }
      .connection::before {
        content: '';
        display: inline-block;
        width: 0.55rem;
        height: 0.55rem;
        margin-inline-end: 0.4rem;
        border-radius: 50%;
        background: var(--warning);
      }
      .connection.live::before {
        background: var(--positive);
      }
    `,
  ];

  protected override render() {
    const { status, connection } = this;
    return html`
      <header>
        <h1>Barograph</h1>
        ${status === null ? nothing : html`<span class="quiet">${modeWords(status)}</span>`}
        <span class="connection ${connection}" aria-live="polite">${CONNECTION_WORDS[connection]}</span>
        ${
          status?.now == null
            ? html`<span class="quiet">No news yet</span>`
            : html`<time datetime=${isoInstant(status.now)} title="The log's clock">${utcClock(status.now)} UTC</time>`
        }
      </header>
    `;
  }
}

customElements.define('page-header', PageHeader);
