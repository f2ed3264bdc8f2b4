import type { NotifierConfig } from '../config/schema.ts';
import { systemClock } from '../domain/clock.ts';
import { consoleNotifier } from '../notify/console.ts';
import type { Notifier } from '../notify/port.ts';
import { retrying } from '../notify/retrying.ts';
import { slackWebhookNotifier } from '../notify/slack-webhook.ts';
import { webhookNotifier } from '../notify/webhook.ts';

const tools = { clock: systemClock, random: Math.random };

/** The channels of the configuration; those over a network try again by themselves. */
export function openNotifiers(configured: readonly NotifierConfig[]): readonly Notifier[] {
  return configured.map((notifier) => {
    switch (notifier.kind) {
      case 'console':
        return consoleNotifier(notifier.name, process.stdout);
      case 'slack':
        return retrying(slackWebhookNotifier({ ...notifier, clock: systemClock }), tools);
      case 'webhook':
        return retrying(webhookNotifier({ ...notifier, clock: systemClock }), tools);
      default:
        return notifier satisfies never;
    }
  });
}
