import { alertStage, alertTitle, plain } from '../domain/alert-words.ts';
import { BarographError } from '../domain/errors.ts';
import type { Alert } from '../domain/trends.ts';
import { evidenceSentence, lifeSentence, repeatSentence, safeLink, storyFacts } from './alert-text.ts';
import type { DeliveryContext, Notifier } from './port.ts';

/** What the console notifier writes to: `process.stdout`, or anything that calls back when it has written. */
export interface TextSink {
  write(text: string, done: (error?: Error | null) => void): unknown;
}

/** Prints alerts for people, a block each. The sink is not closed: it belongs to whoever opened it. */
export function consoleNotifier(name: string, sink: TextSink): Notifier {
  return {
    name,
    async deliver(alert, context, signal) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      sink.write(`${formatAlert(alert, context)}\n`, (error) => (error ? reject(error) : resolve()));
      try {
        await promise;
      } catch (cause) {
        throw new BarographError('E_NOTIFY_FAILED', `${name} cannot be written to.`, { cause, facts: { notifier: name } });
      }
      return undefined;
    },
    async close() {},
  };
}

function formatAlert(alert: Alert, context: DeliveryContext): string {
  const grade = alertStage(alert) === 'resolved' ? 'RESOLVED' : alert.severity.toUpperCase();
  const lines = [`${grade}  ${alertTitle(alert)}`, `  ${evidenceSentence(alert)}`];
  if (alert.evidence.words.length > 0) lines.push(`  Words: ${plain(alert.evidence.words.join(', '))}`);
  for (const story of alert.evidence.topStories) {
    const link = safeLink(story.url);
    lines.push(`  - ${plain(story.title)} (${storyFacts(story)})${link === '' ? '' : ` ${link}`}`);
  }
  lines.push(`  ${lifeSentence(alert)}; alert ${alert.id}`);
  if (context.repeat) lines.push(`  ${repeatSentence(alert)}`);
  return lines.join('\n');
}
