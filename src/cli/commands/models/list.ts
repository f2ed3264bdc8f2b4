import { Command } from 'commander';
import { listModels, type StoredModel } from '../../../model/hub/model-store.ts';
import { cacheFolder, type StoreOptions, withStoreOptions } from '../../cache-folder.ts';
import { createOutput, table } from '../../output.ts';
import { sizeText } from './wording.ts';

export function listCommand(): Command {
  const command = new Command('list').description('The models that were pulled or imported');
  return withStoreOptions(command).action((options: StoreOptions) => {
    const cache = cacheFolder(options);
    const models = listModels(cache);
    createOutput(options.json === true).result(models.map(plain), () =>
      models.length === 0
        ? `There is no model in ${cache}; fetch one with \`barograph models pull\`.`
        : table([['name', 'kind', 'revision', 'family', 'layers x hidden', 'size', 'folder'], ...models.map(row)]),
    );
  });
}

const plain = ({ name, kind, commit, refs, folder, bytes, config }: StoredModel) => ({
  ...{ name, kind, commit: commit ?? null, refs, folder, bytes },
  ...{ family: config?.family ?? null, layers: config?.layers ?? null, hidden: config?.hidden ?? null },
});

function row({ name, kind, commit, refs, folder, bytes, config }: StoredModel): string[] {
  const revision = [commit?.slice(0, 12), refs.length === 0 ? undefined : `(${refs.join(', ')})`].filter(
    (part) => part !== undefined,
  );
  const shape = config === undefined ? ['damaged', ''] : [config.family, `${config.layers} x ${config.hidden}`];
  return [name, kind, revision.join(' '), ...shape, sizeText(bytes), folder];
}
