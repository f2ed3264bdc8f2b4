import { html, type TemplateResult } from 'lit';

/** The feed chose the address, so only the two schemes that merely open a page become a link. */
function opensPage(address: string): boolean {
  const protocol = URL.canParse(address) ? new URL(address).protocol : '';
  return protocol === 'http:' || protocol === 'https:';
}

/** A story's title, as a link where its address is safe. Titles come in any script, so each sets its own direction. */
export function newsLink(title: string, address: string): TemplateResult {
  const text = title.trim() || 'Untitled';
  return opensPage(address)
    ? html`<a class="title" dir="auto" href=${address} target="_blank" rel="noopener noreferrer nofollow">${text}</a>`
    : html`<span class="title" dir="auto">${text}</span>`;
}
