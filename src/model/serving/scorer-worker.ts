import { parentPort, workerData } from 'node:worker_threads';
import { BarographError } from '../../domain/errors.ts';
import { hiddenOutput } from '../encoder/serving-graph.ts';
import { openOnnxRuntimeSession } from './onnxruntime-session.ts';
import type { ScoreRequest, ScorerOptions, ScorerReply, SentError } from './scorer-messages.ts';
import { createTextScorer, type TextScorer } from './text-scorer.ts';

/** The thread that a model runs in: ONNX Runtime blocks it, and the tokenizer keeps it busy, so that the main thread is not. */
const port = parentPort;
if (port === null) throw new Error('scorer-worker is started as a worker thread only');

const send = (reply: ScorerReply): void => port.postMessage(reply);

const asSent = (error: unknown): SentError => ({
  code: error instanceof BarographError ? error.code : 'E_MODEL_FAILED',
  message: describe(error),
});

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

async function open({ bundle, maxBatchTokens }: ScorerOptions, threads: number): Promise<TextScorer> {
  const session = await openOnnxRuntimeSession(bundle.model, bundle.config.layers.map(hiddenOutput), threads);
  const scorer = createTextScorer(bundle, session, maxBatchTokens);
  await scorer([{ text: '' }]); // the first run allocates; it also finds a model that does not fit its configuration
  return scorer;
}

/** Two sessions on one model: with the worker's share of the cores, and with all of them, which is opened when it is first needed. */
async function openBoth(options: ScorerOptions): Promise<(request: ScoreRequest) => Promise<Float64Array>> {
  const shared = await open(options, options.threads);
  let wide = options.threadsAlone === options.threads ? shared : undefined;
  return async ({ inputs, alone }) => {
    if (!alone) return shared(inputs);
    wide ??= await open(options, options.threadsAlone);
    return wide(inputs);
  };
}

async function answer(score: (request: ScoreRequest) => Promise<Float64Array>, request: ScoreRequest): Promise<void> {
  const { id } = request;
  try {
    send({ kind: 'scores', id, rows: await score(request) });
  } catch (error) {
    send({ kind: 'failed', id, error: asSent(error) });
  }
}

try {
  const score = await openBoth(workerData);
  // One request at a time: a session takes one run at a time, and requests come in the order they should be answered.
  let last = Promise.resolve();
  port.on('message', (request: ScoreRequest) => {
    last = last.then(() => answer(score, request));
  });
  send({ kind: 'ready' });
} catch (error) {
  send({ kind: 'broken', error: asSent(error) });
}
