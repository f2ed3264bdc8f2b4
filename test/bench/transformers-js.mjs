/*
 * Times transformers.js: reads `{ module, model, texts, singles }` as JSON from stdin, prints `{ rate, latencies }`: texts a second
 * in batches of 32 in the order given, and the milliseconds of each of the first `singles` texts alone.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const { module, model, texts, singles } = JSON.parse(await text(process.stdin));
const path = createRequire(join(module, 'package.json')).resolve('@huggingface/transformers');
const { env, pipeline } = await import(pathToFileURL(path).href);
Object.assign(env, { allowRemoteModels: false, localModelPath: `${dirname(model)}/` });
const extract = await pipeline('feature-extraction', model.slice(dirname(model).length + 1), { dtype: 'q8' });
const options = { pooling: 'mean' };
for (const warm of texts.slice(0, 8)) await extract(warm, options);

const begin = performance.now();
for (let at = 0; at < texts.length; at += 32) await extract(texts.slice(at, at + 32), options);
const rate = (1000 * texts.length) / (performance.now() - begin);
const latencies = [];
for (const one of texts.slice(0, singles)) {
  const from = performance.now();
  await extract(one, options);
  latencies.push(performance.now() - from);
}
console.log(JSON.stringify({ rate, latencies }));
process.exit(0);
