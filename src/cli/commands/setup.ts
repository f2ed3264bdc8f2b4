import { Command } from 'commander';
import { type ClusterPlan, planElasticsearch, planKafka } from '../cluster-plan.ts';
import { createOutput } from '../output.ts';
import { loadSetup } from '../setup.ts';

interface Options {
  readonly config?: string;
  readonly dryRun?: true;
  readonly json?: true;
}

export function setupCommand(): Command {
  return new Command('setup')
    .description('Make the topics and index templates that the configured clusters lack; what is there stays')
    .option('--dry-run', 'only say what would be made')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print as JSON')
    .action(async (options: Options) => {
      const { config } = await loadSetup(options.config);
      const dryRun = options.dryRun === true;
      const results = [
        ...(config.kafka === undefined ? [] : [await carryOut(await planKafka(config.kafka), dryRun)]),
        ...(config.elasticsearch === undefined ? [] : [await carryOut(await planElasticsearch(config.elasticsearch), dryRun)]),
      ];
      createOutput(options.json === true).result(results, () =>
        results.length === 0
          ? 'Nothing to set up: the log and the stores are embedded.'
          : results.map(paragraph(dryRun)).join('\n'),
      );
    });
}

type Result = Pick<ClusterPlan, 'about' | 'missing'>;

async function carryOut(plan: ClusterPlan, dryRun: boolean): Promise<Result> {
  try {
    if (!dryRun) await plan.apply();
    return { about: plan.about, missing: plan.missing };
  } finally {
    await plan.close();
  }
}

const paragraph =
  (dryRun: boolean) =>
  ({ about, missing }: Result): string =>
    [
      about,
      ...(missing.length === 0 ? ['nothing is missing'] : missing.map((what) => `${dryRun ? 'would make' : 'made'} ${what}`)),
    ].join('\n  ');
