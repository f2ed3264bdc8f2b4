import { Command } from 'commander';
import { formatFault } from '../../config/faults.ts';
import { ConfigError, loadConfig } from '../../config/load.ts';
import { EXIT } from '../exit-codes.ts';
import { createOutput } from '../output.ts';
import { CONFIG_FILE } from '../setup.ts';

export function validateCommand(): Command {
  return new Command('validate')
    .description('Check a configuration: every fault at once, with its line and what was expected')
    .argument('[file]', 'configuration file', CONFIG_FILE)
    .option('--json', 'print the faults as JSON')
    .addHelpText('after', `\nExits with ${EXIT.findings} when there are faults.`)
    .action(async (file: string, options: { json?: true }) => {
      const output = createOutput(options.json === true);
      try {
        await loadConfig(file, process.env);
        output.result({ file, faults: [] }, () => `${file} is valid.`);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        output.result({ file, faults: error.faults }, () => error.faults.map(formatFault).join('\n'));
        process.exitCode = EXIT.findings;
      }
    });
}
