import { Command, Option } from 'commander';
import { alertTitle, plain } from '../../domain/alert-words.ts';
import type { Alert, AlertStatus } from '../../domain/trends.ts';
import { wireAlert } from '../../domain/wire.ts';
import { evidenceSentence, lifeSentence } from '../../notify/alert-text.ts';
import { parseInstant } from '../arguments.ts';
import { createOutput } from '../output.ts';
import { openExistingStorage, placeOf } from '../storage.ts';

export function alertsCommand(): Command {
  const command = new Command('alerts').description('Look at the alerts');
  command
    .command('list')
    .description('Alerts with their evidence, newest first')
    .addOption(new Option('--status <status>', 'only these').choices(['open', 'resolved']))
    .option('--from <instant>', 'only alerts opened since: ISO 8601, or a duration before now such as 7d', parseInstant)
    .option('--limit <n>', 'at most so many', Number, 50)
    .option('--data <dir>', 'data folder')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print as JSON')
    .action(
      async (options: { status?: AlertStatus; from?: number; limit: number; data?: string; config?: string; json?: true }) => {
        const storage = await openExistingStorage(await placeOf(options));
        try {
          const alerts = await storage.trends.alerts({
            limit: options.limit,
            ...(options.status === undefined ? {} : { status: options.status }),
            ...(options.from === undefined ? {} : { from: options.from }),
          });
          createOutput(options.json === true).result(alerts.map(wireAlert), () =>
            alerts.length === 0 ? 'No alerts.' : alerts.map(paragraph).join('\n\n'),
          );
        } finally {
          await storage.close();
        }
      },
    );
  return command;
}

function paragraph(alert: Alert): string {
  const stories = alert.evidence.topStories.map((story) => `  - ${plain(story.title)}${story.url === '' ? '' : ` ${story.url}`}`);
  return [
    alertTitle(alert),
    `  ${lifeSentence(alert)} (${alert.severity}, ${alert.id})`,
    `  ${evidenceSentence(alert)}`,
    ...stories,
  ].join('\n');
}
