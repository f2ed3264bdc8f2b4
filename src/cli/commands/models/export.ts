import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { BarographError } from '../../../domain/errors.ts';
import { exportedCard } from '../../../model/bundle/card.ts';
import { isFineTuned, readFineTuned } from '../../../model/bundle/fine-tuned.ts';
import { bundleOf, type Precision } from '../../../model/bundle/publish.ts';
import { SUMS } from '../../../model/bundle/sums.ts';
import { writeBundle } from '../../../model/bundle/write-bundle.ts';
import { checkpointFiles, readCheckpoint } from '../../../model/checkpoint/checkpoint-folder.ts';
import { writeMaskedWordModel } from '../../../model/checkpoint/masked-word-model.ts';
import { writeWholeFolder } from '../../../model/checkpoint/whole-folder.ts';
import { bytesOf } from '../../../model/hub/model-record.ts';
import { resolveModel } from '../../../model/hub/model-store.ts';
import { readMaskedWords } from '../../../model/training/pretraining.ts';
import { parseBundleName } from '../../arguments.ts';
import { cacheFolder, type StoreOptions, withStoreOptions } from '../../cache-folder.ts';
import { createOutput } from '../../output.ts';
import { sizeText } from './wording.ts';

const BUNDLES: Readonly<Record<string, Precision>> = { 'onnx-int8': 'int8', 'onnx-fp16': 'fp16', 'onnx-fp32': 'fp32' };
const HUGGING_FACE = 'huggingface';

interface Options extends StoreOptions {
  readonly format: string;
  readonly output: string;
  readonly name: string;
  readonly replace?: true;
}

export function exportCommand(): Command {
  const command = new Command('export')
    .description('Write a model in another form: a bundle to serve, or a checkpoint for other tools')
    .argument('<model>', 'model/ folder of `barograph train` or `distill`; for huggingface also a checkpoint, by name or folder')
    .addOption(
      new Option(
        '--format <format>',
        'bundle in int8 (fastest), fp16 (half the size of fp32) or fp32, or a checkpoint for transformers',
      )
        .choices([...Object.keys(BUNDLES), HUGGING_FACE])
        .makeOptionMandatory(),
    )
    .requiredOption('--output <dir>', 'folder to write')
    .option('--name <name>', 'name of the bundle, which scores carry', parseBundleName, 'exported')
    .option('--replace', 'replace the folder when it is there already');
  return withStoreOptions(command).action((text: string, options: Options) => {
    const { format, name } = options;
    const { folder } = resolveModel(cacheFolder(options), text);
    if (existsSync(join(folder, SUMS)))
      throw new BarographError(
        'E_USAGE',
        `${folder} is a bundle, which can only be served: export the model/ folder that it was published from.`,
      );
    const target = resolve(options.output);
    if (existsSync(target) && options.replace !== true)
      throw new BarographError('E_OUTPUT_FAILED', `${target} exists already: choose another --output, or give --replace.`);
    const precision = BUNDLES[format];
    if (precision === undefined) exportCheckpoint(folder, target);
    else exportBundle(folder, target, precision, name);
    const bytes = bytesOf(target);
    createOutput(options.json === true).result(
      { model: folder, format, output: target, bytes },
      () => `${target}: ${format}, ${sizeText(bytes)}`,
    );
  });
}

function exportBundle(folder: string, target: string, precision: Precision, name: string): void {
  if (!isFineTuned(folder))
    throw new BarographError(
      'E_INPUT_INVALID',
      `${folder} has no heads, so that there is nothing to classify with: fine-tune it first with \`barograph train --start ${folder}\`.`,
    );
  const model = readFineTuned(folder);
  const card = exportedCard(name, precision, model);
  writeBundle(target, bundleOf(model, precision, { name, metrics: {}, card }), { replace: true });
}

/** With the language model's head, where there is one; without our heads, which transformers has no place for. */
function exportCheckpoint(folder: string, target: string): void {
  const checkpoint = readCheckpoint(folder);
  const head = readMaskedWords(folder, checkpoint);
  if (head === undefined) writeWholeFolder(target, checkpointFiles(checkpoint), { replace: true });
  else writeMaskedWordModel(target, checkpoint, new Map([...checkpoint.parameters, ...head]));
}
