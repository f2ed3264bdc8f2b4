/*
 * `npm run chaos -- [--rounds N] [--faults N] [--seed S] [--articles N] [--model DIR]`: rounds of faults on real servers; prints a
 * report of each as a line of JSON, and a last one of all.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chaos } from './chaos.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    faults: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    articles: { type: 'string', default: '20000' },
    every: { type: 'string', default: '3' },
    model: { type: 'string', default: 'stub' },
    keep: { type: 'boolean', default: false },
  },
});
const totals: Record<string, number> = {};
for (let round = 0; round < Number(values.rounds); round += 1) {
  const folder = await mkdtemp(join(tmpdir(), 'barograph-chaos-'));
  const seed = Number(values.seed) + round;
  const counts = { articles: Number(values.articles), faults: Number(values.faults), every: Number(values.every) };
  const plan = { ...counts, restarts: Math.min(6, Math.ceil(counts.faults / 10)), seed, model: ['--model', values.model] };
  const report = await chaos(folder, plan, (line) => console.error(line)).catch((error: unknown) => {
    console.error(`seed ${seed} failed; logs and data are in ${folder}`);
    throw error;
  });
  console.log(JSON.stringify({ seed, ...report }));
  for (const [name, count] of Object.entries(report.faults)) totals[name] = (totals[name] ?? 0) + count;
  if (!values.keep) await rm(folder, { recursive: true, force: true });
}
console.log(
  JSON.stringify({ rounds: Number(values.rounds), faults: totals, sum: Object.values(totals).reduce((a, b) => a + b, 0) }),
);
