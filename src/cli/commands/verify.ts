import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { verify } from '../../../pipelines/verify.ts';
import type { Doc } from '../../domain/doc.ts';
import { SqliteTrendStore } from '../../store/sqlite-trends.ts';
import { EXIT } from '../exit-codes.ts';
import { createOutput } from '../output.ts';
import { openExistingStorage, placeOf, type StoragePlace } from '../storage.ts';

export function verifyCommand(): Command {
  return new Command('verify')
    .description('Fold the recorded log again in a fresh state and compare it with what is stored')
    .option('--data <dir>', 'data folder')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print as JSON')
    .addHelpText('after', `\nExits with ${EXIT.findings} when something stored differs. Do not run it beside a running ledger.`)
    .action(async (options: { data?: string; config?: string; json?: true }) => {
      const place = await placeOf(options);
      const isExpired = await expiryOf(place);
      const storage = await openExistingStorage(place);
      const folder = await mkdtemp(join(tmpdir(), 'barograph-verify-'));
      const fresh = new SqliteTrendStore(join(folder, 'trends.db'));
      try {
        const result = await verify({ log: storage.log, stored: storage.trends, fresh, maxExamples: 20, isExpired });
        createOutput(options.json === true).result(result, ({ records, acknowledged, documents, differences, examples }) =>
          [
            `${records} records folded again${acknowledged < records ? ` (${records - acknowledged} not yet acknowledged by the ledger)` : ''}, ${documents} documents compared.`,
            differences === 0 ? 'What is stored equals the fold.' : `${differences} documents differ:`,
            ...examples.map(({ kind, id, what }) => `  ${what} ${kind} ${id}`),
          ].join('\n'),
        );
        if (result.differences > 0) process.exitCode = EXIT.findings;
      } finally {
        await fresh.close();
        await storage.close();
        await rm(folder, { recursive: true, force: true });
      }
    });
}

/** What the retention of a cluster may have taken away is not missing. */
async function expiryOf({ elasticsearch }: StoragePlace): Promise<(doc: Doc) => boolean> {
  if (elasticsearch === undefined) return () => false;
  const { isExpired } = await import('../../store/elasticsearch/retention.ts');
  const before = Date.now() - elasticsearch.retentionMs;
  return (doc) => isExpired(doc, before);
}
