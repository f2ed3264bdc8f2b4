import { css } from 'lit';

/** What every component's shadow root needs, since page styles do not reach into it. */
export const sharedStyles = css`
  :host {
    display: block;
    min-width: 0;
  }
  * {
    box-sizing: border-box;
  }
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  h2 {
    font-size: 0.8rem;
    font-weight: 650;
    letter-spacing: 0.04em;
    text-transform: uppercase;
    color: var(--quiet);
  }
  a {
    color: inherit;
    text-decoration-color: var(--line);
    text-underline-offset: 2px;
  }
  a:hover {
    color: var(--accent);
    text-decoration-color: currentColor;
  }
  button,
  select {
    font: inherit;
    color: inherit;
  }
  button {
    cursor: pointer;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }
  .panel {
    background: var(--panel);
    border: 1px solid var(--line);
    border-radius: 6px;
    padding: 0.75rem 0.9rem;
  }
  .panel > h2 {
    margin-bottom: 0.5rem;
  }
  .quiet {
    color: var(--quiet);
  }
  .number,
  time {
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .title {
    overflow-wrap: anywhere;
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 3;
    line-clamp: 3;
    overflow: hidden;
    text-align: start;
  }
  .chip {
    display: inline-block;
    padding: 0 0.4rem;
    border-radius: 3px;
    font-size: 0.8rem;
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
    background: var(--neutral-ground);
  }
  .chip.negative {
    background: var(--negative-ground);
    color: var(--negative);
  }
  .chip.positive {
    background: var(--positive-ground);
    color: var(--positive);
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;
