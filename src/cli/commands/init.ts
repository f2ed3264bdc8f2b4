import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { CONFIG_TEMPLATE } from '../../config/template.ts';
import { BarographError } from '../../domain/errors.ts';
import { createOutput } from '../output.ts';
import { CONFIG_FILE } from '../setup.ts';

export function initCommand(): Command {
  return new Command('init')
    .description('Write a commented configuration with public feeds that work')
    .argument('[file]', 'where to write it', CONFIG_FILE)
    .option('--force', 'replace a file that is there')
    .option('--json', 'print the result as JSON')
    .action(async (file: string, options: { force?: true; json?: true }) => {
      try {
        await writeFile(file, CONFIG_TEMPLATE, { flag: options.force ? 'w' : 'wx' });
      } catch (cause) {
        if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') {
          throw new BarographError('E_USAGE', `${file} is there already. Use --force to replace it.`, { cause });
        }
        throw new BarographError('E_OUTPUT_FAILED', `${file} cannot be written.`, { cause });
      }
      createOutput(options.json === true).result({ file }, () => `Wrote ${file}. Start with: npx barograph run`);
    });
}
