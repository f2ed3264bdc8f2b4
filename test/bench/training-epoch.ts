import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLabelledSets } from '../../models/labelled-sets.ts';
import { DEFAULT_BUNDLE } from '../../src/cli/setup.ts';
import { loadBundle } from '../../src/model/bundle/load-bundle.ts';
import { openTextEncoder } from '../../src/model/serving/text-encoder.ts';
import { epochBatches } from '../../src/model/training/epoch-batches.ts';
import type { Example } from '../../src/model/training/examples.ts';
import type { TrainingSpec } from '../../src/model/training/training-graph.ts';
import type { TrainingSession } from '../../src/model/training/training-session.ts';
import { taskOf } from '../../src/model/training-data/labelled-text.ts';
import { figureOf, show } from './figures.ts';

const ROUNDS = 3;
/** Steps that are timed, of whole pieces that are sorted together, after some that are not. */
const [STEPS, FIRST] = [100, 5];
const LIMITS = { maxRows: 32, maxTokens: 4096 };

/**
 * A part of an epoch over the labelled tweets, of topics and of sentiment, at most 32 a step, dropout included: ours in batches of
 * like length with the rows of a batch's words only, PyTorch's in random batches padded to their longest, all words in every step.
 */
export async function benchEpoch(
  open: () => { readonly spec: TrainingSpec; readonly session: TrainingSession },
  data: string,
  python: string | undefined,
): Promise<void> {
  const tweets = readTweets(data);
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { spec, session } = open();
    ours.push(await textsPerSecond(spec, session, tweets, round));
    if (python !== undefined) theirs.push(torchTextsPerSecond(python, tweets, round));
  }
  console.log(`6 x 384, ${tweets.length} tweets' epoch, ${STEPS} steps  ${show(figureOf(ours), 'texts/s', 1)}`);
  if (theirs.length === 0) return;
  const ratio = figureOf(ours).median / figureOf(theirs).median;
  console.log(
    `  random batches in PyTorch            ${show(figureOf(theirs), 'texts/s', 1)}; we are ${ratio.toFixed(2)} times as fast`,
  );
}

/** Their training part, tokenized. */
function readTweets(data: string): readonly Example[] {
  const { config, ...files } = loadBundle(DEFAULT_BUNDLE);
  const encode = openTextEncoder(files, 'bert', config.maxTokens);
  return readLabelledSets(join(data, 'labelled'))
    .filter((text) => text.part === 'train' && taskOf(text) !== 'entity' && text.file.startsWith('twitter'))
    .map(({ text, head, label }) => ({ ...encode(text), labels: { [head]: label } }));
}

async function textsPerSecond(
  spec: TrainingSpec,
  session: TrainingSession,
  tweets: readonly Example[],
  round: number,
): Promise<number> {
  try {
    const lengths = tweets.map(({ ids }) => ids.length);
    const plan = epochBatches(lengths, LIMITS, round, 0).slice(0, FIRST + STEPS);
    let [begin, texts] = [0, 0];
    for (const [step, indices] of plan.entries()) {
      if (step === FIRST) begin = performance.now();
      if (step >= FIRST) texts += indices.length;
      const rows = indices.map((index) => tweets[index] as Example);
      await session.step(spec.objective.batches([rows], spec.config, step), 1e-5);
    }
    return (1000 * texts) / (performance.now() - begin);
  } finally {
    await session.close();
  }
}

function torchTextsPerSecond(python: string, tweets: readonly Example[], round: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'barograph-bench-'));
  try {
    const file = join(folder, 'tweets.json');
    writeFileSync(file, JSON.stringify(tweets.map(({ ids, labels }) => ({ ids, labels }))));
    const script = join(import.meta.dirname, 'torch_epoch.py');
    const args = [script, file, `${LIMITS.maxRows}`, `${FIRST}`, `${STEPS}`, `${round}`];
    return Number(execFileSync(python, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
