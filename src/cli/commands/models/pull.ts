import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { systemClock } from '../../../domain/clock.ts';
import { BarographError } from '../../../domain/errors.ts';
import { readConfig } from '../../../model/checkpoint/checkpoint-folder.ts';
import { connectHub } from '../../../model/hub/hub-connection.ts';
import { bytesOf } from '../../../model/hub/model-record.ts';
import { type Pulled, pullModel } from '../../../model/hub/pull.ts';
import { parseRepository } from '../../../model/hub/repository.ts';
import { cacheFolder, type StoreOptions, withStoreOptions } from '../../cache-folder.ts';
import { createOutput, type Output } from '../../output.ts';
import { createProgress } from '../../progress.ts';
import { projectVersion } from '../../setup.ts';
import { architectureText, sizeText } from './wording.ts';

interface Options extends StoreOptions {
  readonly endpoint?: string;
  readonly tokenFile?: string;
}

const PUBLIC_HUB = 'https://huggingface.co';

export function pullCommand(): Command {
  const command = new Command('pull')
    .description('Fetch a checkpoint from a Hugging Face hub; a pull that was stopped goes on')
    .argument('<repo[@revision]>', 'owner/name, at a branch, a tag or a commit (default: main)')
    .option('--endpoint <url>', `the hub (default: $HF_ENDPOINT, else ${PUBLIC_HUB})`)
    .option('--token-file <file>', 'file with the token for private and gated models (default: $HF_TOKEN)');
  return withStoreOptions(command).action(async (name: string, options: Options) => {
    const output = createOutput(options.json === true);
    const repository = parseRepository(name);
    const pulled = await pull(repository, options, output);
    const { folder, commit, how } = pulled;
    const { config } = readConfig(folder);
    const { family, layers, hidden } = config;
    const bytes = bytesOf(folder);
    const result = {
      name: repository.repository,
      revision: repository.revision,
      commit,
      how,
      folder,
      bytes,
      family,
      layers,
      hidden,
    };
    output.result(result, () =>
      [
        `${result.name}@${commit}${how === 'fetched' ? '' : ', which was here already'}`,
        `${architectureText(config)}, ${sizeText(bytes)}`,
        folder,
      ].join('\n'),
    );
  });
}

async function pull(repository: ReturnType<typeof parseRepository>, options: Options, output: Output): Promise<Pulled> {
  const stop = interruption();
  const hub = connectHub({
    endpoint: options.endpoint ?? (process.env.HF_ENDPOINT || PUBLIC_HUB),
    token: await tokenOf(options),
    userAgent: `Barograph/${projectVersion()}`,
    clock: systemClock,
    random: Math.random,
  });
  const progress = createProgress();
  const onProgress = (file: string, bytes: number, of: number): void =>
    progress.show(`${file}: ${sizeText(bytes)} of ${sizeText(of)}`);
  try {
    const pulled = await pullModel({ ...repository, cache: cacheFolder(options), hub, onProgress }, stop);
    if (pulled.offline !== undefined)
      output.note(`The hub could not be asked for something newer, so this is what was pulled last. ${pulled.offline.message}`);
    return pulled;
  } finally {
    progress.end();
    await hub.close();
  }
}

async function tokenOf({ tokenFile }: Options): Promise<string | undefined> {
  if (tokenFile === undefined) return process.env.HF_TOKEN?.trim() || undefined;
  try {
    return (await readFile(tokenFile, 'utf8')).trim();
  } catch (cause) {
    throw new BarographError('E_INPUT_MISSING', `The file with the token, ${tokenFile}, cannot be read.`, { cause });
  }
}

/** Aborts at the first SIGINT or SIGTERM, so that the command ends with a message; a second one ends it as usual. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () =>
      controller.abort(new BarographError('E_HUB_UNREACHABLE', 'The pull was stopped; what was fetched is kept.')),
    );
  return controller.signal;
}
