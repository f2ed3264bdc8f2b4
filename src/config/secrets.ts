import type { Config, NotifierConfig } from './schema.ts';

const MASK = '***';

/** The configuration for people to read: secrets replaced, and passwords and query values of addresses as well. */
export function maskSecrets(config: Config): Config {
  return {
    ...config,
    feeds: config.feeds.map((feed) => ({ ...feed, url: maskUrl(feed.url) })),
    notifiers: config.notifiers.map(maskNotifier),
    kafka: config.kafka && {
      ...config.kafka,
      password: masked(config.kafka.password),
      clientSecret: masked(config.kafka.clientSecret),
    },
    elasticsearch: config.elasticsearch && {
      ...config.elasticsearch,
      nodes: config.elasticsearch.nodes.map(maskUrl),
      password: masked(config.elasticsearch.password),
      apiKey: masked(config.elasticsearch.apiKey),
    },
  };
}

const masked = (secret: string | undefined): string | undefined => (secret === undefined ? undefined : MASK);

function maskNotifier(notifier: NotifierConfig): NotifierConfig {
  switch (notifier.kind) {
    case 'console':
      return notifier;
    case 'slack':
      return { ...notifier, webhookUrl: originOnly(notifier.webhookUrl) };
    case 'webhook': {
      const headers = Object.fromEntries(Object.keys(notifier.headers).map((name) => [name, MASK]));
      return { ...notifier, url: originOnly(notifier.url), headers, secret: masked(notifier.secret) };
    }
    default:
      return notifier satisfies never;
  }
}

/** An address without what may be a credential in it: user, password and the values of its query. */
function maskUrl(address: string): string {
  if (!URL.canParse(address)) return MASK;
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') [url.username, url.password] = [MASK, ''];
  for (const key of new Set(url.searchParams.keys())) url.searchParams.set(key, MASK);
  return url.href;
}

/** The path of a webhook's address is its credential; the host may be shown. */
function originOnly(address: string): string {
  return URL.canParse(address) ? `${new URL(address).origin}/${MASK}` : MASK;
}

/** Every secret text of a configuration, for loggers to blot out wherever it turns up. */
export function secretValues(config: Config): readonly string[] {
  const secrets: string[] = [];
  for (const notifier of config.notifiers) {
    if (notifier.kind === 'slack') secrets.push(notifier.webhookUrl);
    if (notifier.kind === 'webhook') secrets.push(notifier.url, ...Object.values(notifier.headers), notifier.secret ?? '');
  }
  const { kafka, elasticsearch } = config;
  secrets.push(kafka?.password ?? '', kafka?.clientSecret ?? '', elasticsearch?.password ?? '', elasticsearch?.apiKey ?? '');
  return secrets.filter((secret) => secret !== '');
}
