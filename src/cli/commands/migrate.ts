import { resolve } from 'node:path';
import { Command } from 'commander';
import { migrate } from '../../../pipelines/migrate.ts';
import { BarographError } from '../../domain/errors.ts';
import { createOutput } from '../output.ts';
import { createProgress } from '../progress.ts';
import { loadSetup } from '../setup.ts';
import { embedded, openClusters, openExistingStorage } from '../storage.ts';

interface Options {
  readonly data?: string;
  readonly config?: string;
  readonly json?: true;
}

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('Copy an embedded data folder, log, trends and all, into the configured clusters')
    .option('--data <dir>', 'data folder to copy (default: the configured one)')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print the counts as JSON')
    .addHelpText(
      'after',
      '\nStop Barograph first, and run `barograph setup`: topics must exist and be empty. The folder is left as it is.',
    )
    .action(async (options: Options) => {
      const { config } = await loadSetup(options.config);
      const { kafka, elasticsearch } = config;
      if (kafka === undefined || elasticsearch === undefined)
        throw new BarographError('E_USAGE', 'A set-up is copied into log.kafka and store.elasticsearch: configure both.');
      const source = await openExistingStorage(embedded(options.data === undefined ? config.dataDir : resolve(options.data)));
      try {
        const running = await source.states.list('status/');
        if (running.length > 0)
          throw new BarographError('E_USAGE', 'Barograph is running on this data folder: stop it first, and wait five seconds.');
        const target = await openClusters(kafka, elasticsearch);
        const progress = createProgress();
        try {
          const counts = await migrate(source, target, (records) => progress.show(`${records} records`)).finally(() =>
            progress.end(),
          );
          createOutput(options.json === true).result(
            counts,
            ({ records, documents, states }) =>
              `${records} records of the log, ${documents} documents and ${states} states copied. \`barograph verify\` compares them.`,
          );
        } finally {
          await target.close();
        }
      } finally {
        await source.close();
      }
    });
}
