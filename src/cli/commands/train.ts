import { Command } from 'commander';
import { loadTraining, type Setting } from '../../config/training.ts';
import { TRAINING_TEMPLATE } from '../../config/training-template.ts';
import { BarographError } from '../../domain/errors.ts';
import { createOutput } from '../output.ts';
import { describeRun, trainingRun } from '../training-run.ts';

interface Options {
  readonly config?: string;
  readonly start?: string;
  readonly output?: string;
  readonly set: readonly Setting[];
  readonly example?: true;
  readonly json?: true;
}

export function trainCommand(): Command {
  return new Command('train')
    .description('Fine-tune a checkpoint on labelled texts and publish a bundle')
    .option('--config <file>', 'train.yaml; see --example')
    .option('--start <dir>', 'folder of the checkpoint to start from')
    .option('--output <dir>', 'folder of the results')
    .option('--set <key=value>', 'any key of train.yaml, its value in YAML: --set optimizer.learning_rate=3e-5', addSetting, [])
    .option('--example', 'print a commented train.yaml and end')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
A run that was killed goes on where it stood when it is started again. The output folder takes:
  bundle/          the bundle, for --model and model.bundle
  model/           the fine-tuned model in fp32, in Hugging Face's layout: a start for further training, and for \`models export\`
  report.html      curves, confusion matrices, the worst mistakes
  history.ndjson   losses, rates and validations`,
    )
    .action(async (options: Options) => {
      if (options.example === true) {
        process.stdout.write(TRAINING_TEMPLATE);
        return;
      }
      const flags: Setting[] = [];
      if (options.start !== undefined) flags.push(['start', JSON.stringify(options.start)]);
      if (options.output !== undefined) flags.push(['output', JSON.stringify(options.output)]);
      const config = await loadTraining(options.config, [...flags, ...options.set], process.env);
      const output = createOutput(options.json === true);
      output.result(await trainingRun(config, output), describeRun);
    });
}

function addSetting(text: string, before: readonly Setting[]): readonly Setting[] {
  const at = text.indexOf('=');
  if (at < 1) throw new BarographError('E_USAGE', `--set ${text}: expected key=value, such as epochs=5.`);
  return [...before, [text.slice(0, at), text.slice(at + 1)]];
}
