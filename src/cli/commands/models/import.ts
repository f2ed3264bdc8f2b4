import { Command } from 'commander';
import { readConfig } from '../../../model/checkpoint/checkpoint-folder.ts';
import { importModel } from '../../../model/hub/import-model.ts';
import { bytesOf } from '../../../model/hub/model-record.ts';
import { cacheFolder, type StoreOptions, withStoreOptions } from '../../cache-folder.ts';
import { createOutput } from '../../output.ts';
import { architectureText, sizeText } from './wording.ts';

interface Options extends StoreOptions {
  readonly name?: string;
  readonly replace?: true;
}

export function importCommand(): Command {
  const command = new Command('import')
    .description("Check a checkpoint in Hugging Face's layout and copy it to the other models")
    .argument('<dir>', 'folder of the checkpoint')
    .option('--name <name>', "name to keep it under (default: the folder's own)")
    .option('--replace', 'replace an imported model of that name');
  return withStoreOptions(command).action(async (folder: string, options: Options) => {
    const output = createOutput(options.json === true);
    const replace = options.replace === true;
    const imported = await importModel({ cache: cacheFolder(options), folder, name: options.name, replace });
    const { config } = readConfig(imported.folder);
    const { family, layers, hidden } = config;
    const bytes = bytesOf(imported.folder);
    if (imported.left.length > 0) output.note(`Not copied, since no part of a checkpoint: ${imported.left.join(', ')}.`);
    output.result({ ...imported, bytes, family, layers, hidden }, () =>
      [imported.name, `${architectureText(config)}, ${sizeText(bytes)}`, imported.folder].join('\n'),
    );
  });
}
