import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { sentimentLabel } from '../../domain/article.ts';
import { type SeriesKey, seriesName } from '../../domain/series.ts';
import type { Story } from '../../domain/trends.ts';
import { ChooseSeriesEvent } from './choose-series.ts';
import { newsLink } from './news-link.ts';
import { sharedStyles } from './shared-styles.ts';
import { isoInstant, utcMinute } from './utc.ts';
import { counted, percent } from './wording.ts';

const SHOWN_AT_FIRST = 25;
const ENTITIES_SHOWN = 6;

export class StoryList extends LitElement {
  static override properties = { stories: { attribute: false }, series: { attribute: false } };
  declare stories: readonly Story[] | null;
  declare series: SeriesKey;
  #showAll = false;

  static override styles = [
    sharedStyles,
    css`
      .heading {
        display: flex;
        justify-content: space-between;
        gap: 0.5rem;
        margin-bottom: 0.5rem;
        overflow-wrap: anywhere;
      }
      li {
        display: grid;
        grid-template-columns: 7rem 6.8rem minmax(0, 1fr);
        gap: 0.1rem 0.7rem;
        padding: 0.45rem 0;
        border-top: 1px solid var(--line);
      }
      .about {
        grid-column: 3;
        display: flex;
        flex-wrap: wrap;
        gap: 0.15rem 0.7rem;
        font-size: 0.85rem;
        overflow-wrap: anywhere;
      }
      .chip {
        justify-self: start;
        align-self: start;
        margin-top: 0.1rem;
      }
      button {
        padding: 0 0.4rem;
        border: 1px solid var(--line);
        border-radius: 3px;
        background: none;
      }
      button:hover {
        border-color: var(--accent);
        color: var(--accent);
      }
      .more {
        margin-top: 0.5rem;
        padding: 0.25rem 0.8rem;
      }
      @media (max-width: 40rem) {
        li {
          grid-template-columns: auto minmax(0, 1fr);
        }
        .headline,
        .about {
          grid-column: 1 / -1;
        }
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('series')) this.#showAll = false;
  }

  protected override render() {
    const stories = this.stories ?? [];
    const shown = this.#showAll ? stories : stories.slice(0, SHOWN_AT_FIRST);
    return html`
      <section class="panel" aria-labelledby="heading">
        <div class="heading">
          <h2 id="heading">Newest stories: ${this.series === 'market' ? 'all' : seriesName(this.series)}</h2>
          ${this.series === 'market' ? nothing : html`<button @click=${() => this.#choose('market')}>Show all news</button>`}
        </div>
        ${stories.length === 0 ? html`<p class="quiet">${this.stories === null ? 'Loading' : 'No stories yet.'}</p>` : nothing}
        <ul>
          ${repeat(
            shown,
            ({ id }) => id,
            (story) => this.#story(story),
          )}
        </ul>
        ${
          shown.length < stories.length
            ? html`<button class="more" @click=${this.#more}>Show ${stories.length - shown.length} more</button>`
            : nothing
        }
      </section>
    `;
  }

  #story({ title, url, source, publishedAt, topic, sentiment, articles, entities }: Story) {
    const label = sentimentLabel(sentiment);
    return html`
      <li>
        <time class="quiet" datetime=${isoInstant(publishedAt)}>${utcMinute(publishedAt)}</time>
        <span class="chip ${label}">${label} ${percent(sentiment[label])}</span>
        <div class="headline">${newsLink(title, url)}</div>
        <div class="about quiet">
          <span>${source}</span>
          <span>${topic.label}</span>
          ${articles > 1 ? html`<span>${counted(articles, 'article', 'articles')}</span>` : nothing}
          ${entities
            .slice(0, ENTITIES_SHOWN)
            .map(
              ({ symbol, name }) =>
                html`<button title=${name} @click=${() => this.#choose(`entity:${symbol}`)}>${symbol}</button>`,
            )}
        </div>
      </li>
    `;
  }

  #choose(series: SeriesKey) {
    this.dispatchEvent(new ChooseSeriesEvent(series));
  }

  #more = () => {
    this.#showAll = true;
    this.requestUpdate();
  };
}

customElements.define('story-list', StoryList);
