import { createHmac } from 'node:crypto';
import { alertStage, alertTitle } from '../domain/alert-words.ts';
import { contentId } from '../domain/article-id.ts';
import type { Clock } from '../domain/clock.ts';
import type { Alert } from '../domain/trends.ts';
import { wireAlert } from '../domain/wire.ts';
import { evidenceSentence } from './alert-text.ts';
import { httpPoster } from './http-post.ts';
import type { DeliveryContext, Notifier } from './port.ts';

export interface WebhookOptions {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Signs the body when given. */
  readonly secret: string | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/**
 * Posts alerts as JSON: `{ event, title, text, repeat, alert }`, where `alert` is as everywhere else. Every attempt to deliver
 * one state of an alert carries the same `Idempotency-Key`, so that the receiver can leave out repeats. With a secret,
 * `X-Barograph-Signature: sha256=<hex>` is the HMAC-SHA256 of the body's bytes.
 */
export function webhookNotifier(options: WebhookOptions): Notifier {
  const poster = httpPoster(options);
  return {
    name: options.name,
    async deliver(alert, context, signal) {
      const body = JSON.stringify(message(alert, context));
      const signature = options.secret === undefined ? {} : { 'x-barograph-signature': `sha256=${sign(body, options.secret)}` };
      await poster.post(body, { ...options.headers, 'idempotency-key': idempotencyKey(alert), ...signature }, signal);
      return undefined;
    },
    close: () => poster.close(),
  };
}

/** The same for every attempt to deliver one state of an alert, another for the next, which may be of the same instant. */
export function idempotencyKey(alert: Alert): string {
  return `${alert.id}-${contentId(JSON.stringify(wireAlert(alert)))}`;
}

function message(alert: Alert, context: DeliveryContext): Record<string, unknown> {
  return {
    event: `alert.${alertStage(alert)}`,
    title: alertTitle(alert),
    text: evidenceSentence(alert),
    repeat: context.repeat,
    alert: wireAlert(alert),
  };
}

function sign(body: string, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}
