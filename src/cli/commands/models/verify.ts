import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { BarographError } from '../../../domain/errors.ts';
import { loadBundle } from '../../../model/bundle/load-bundle.ts';
import { SUMS } from '../../../model/bundle/sums.ts';
import { RECORD } from '../../../model/hub/model-record.ts';
import { resolveModel } from '../../../model/hub/model-store.ts';
import { findFaults } from '../../../model/hub/verify-checkpoint.ts';
import { cacheFolder, type StoreOptions, withStoreOptions } from '../../cache-folder.ts';
import { EXIT } from '../../exit-codes.ts';
import { createOutput } from '../../output.ts';

interface Verdict {
  readonly kind: 'bundle' | 'checkpoint';
  readonly folder: string;
  /** What was looked at. */
  readonly checked: string;
  readonly faults: readonly string[];
}

export function verifyModelCommand(): Command {
  const command = new Command('verify')
    .description('Read a checkpoint or a bundle again, every tensor and every checksum')
    .argument('<model>', 'name of a model, owner/name[@revision], or folder of a checkpoint or a bundle')
    .addHelpText('after', `\nExits with ${EXIT.findings} when something is wrong.`);
  return withStoreOptions(command).action(async (text: string, options: StoreOptions) => {
    const { folder } = resolveModel(cacheFolder(options), text);
    const verdict = existsSync(join(folder, SUMS)) ? verifyBundle(folder) : await verifyCheckpoint(folder);
    createOutput(options.json === true).result(verdict, ({ kind, checked, faults }) =>
      faults.length === 0
        ? `whole: the ${kind} in ${folder} (${checked})`
        : [`FAULT: the ${kind} in ${folder} (${checked})`, ...faults.map((fault) => `  ${fault}`)].join('\n'),
    );
    if (verdict.faults.length > 0) process.exitCode = EXIT.findings;
  });
}

function verifyBundle(folder: string): Verdict {
  const about = { kind: 'bundle', folder, checked: `${SUMS}, configuration and heads` } as const;
  try {
    loadBundle(folder);
    return { ...about, faults: [] };
  } catch (error) {
    if (!(error instanceof BarographError)) throw error;
    return { ...about, faults: [error.message] };
  }
}

async function verifyCheckpoint(folder: string): Promise<Verdict> {
  const checked = existsSync(join(folder, RECORD)) ? 'checksums and every tensor' : 'every tensor; no checksums were recorded';
  return { kind: 'checkpoint', folder, checked, faults: await findFaults(folder) };
}
