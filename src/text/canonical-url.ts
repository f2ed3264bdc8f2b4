/** Longer addresses carry state rather than name an article. */
const MAX_URL = 2048;

/** Parameters that say where a reader came from and not what is read; lists of browsers' and publishers' own cleaners. */
const TRACKING =
  /^(?:utm_[a-z0-9_]*|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh|mc_cid|mc_eid|mkt_tok|_hsenc|_hsmi|hsctatracking|vero_id|oly_enc_id|oly_anon_id|ncid|cmpid|cmp|icid|ito|smid|smtyp|s_kwcid|spm|ref_src|ref_url|ftag|guccounter|guce_referrer|guce_referrer_sig|soc_src|soc_trk|taid|xtor|at_medium|at_campaign|at_custom\d|wt\.mc_id|_ga|_gl|rss_id)$/i;

/**
 * The one form of an article's address, by which two feeds that carry the same article are recognised; `''` for anything
 * that is not http or https. Host in small letters, no default port, no user or password, no fragment, no tracking
 * parameters. The remaining query keeps its order and its spelling: to some publishers both matter.
 */
export function canonicalUrl(address: string, base?: string): string {
  const text = address.trim();
  if (text === '' || text.length > MAX_URL) return '';
  const url = URL.parse(text, base);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return '';
  url.username = '';
  url.password = '';
  url.hash = '';
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.replace(/\.+$/, '');
  if (url.search !== '') url.search = withoutTracking(url.search.slice(1));
  // An empty query still leaves its `?` in the text.
  const href = url.search === '' ? url.href.replace(/\?$/, '') : url.href;
  return href.length > MAX_URL || url.hostname === '' ? '' : href;
}

function withoutTracking(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== '' && !TRACKING.test(parameterName(pair)))
    .join('&');
}

function parameterName(pair: string): string {
  const name = pair.split('=', 1)[0] ?? '';
  if (!name.includes('%')) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    // Not percent-encoded UTF-8, hence none of the names above.
    return name;
  }
}
