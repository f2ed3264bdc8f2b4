import * as ort from 'onnxruntime-node';
import { BarographError } from '../../domain/errors.ts';
import type { EncodedBatch, Session } from './port.ts';

/** Opens a model on ONNX Runtime's CPU provider. Throws E_BUNDLE_INVALID when it is no usable model. Blocks its thread while it runs. */
export async function openOnnxRuntimeSession(model: Uint8Array, outputs: readonly string[], threads: number): Promise<Session> {
  let session: ort.InferenceSession;
  try {
    session = await createSession(model, threads);
  } catch (cause) {
    throw new BarographError('E_BUNDLE_INVALID', 'ONNX Runtime cannot load the model', { cause });
  }
  return {
    async run(batch: EncodedBatch) {
      let results: ort.InferenceSession.OnnxValueMapType;
      try {
        results = await session.run(encoderFeeds(batch), [...outputs]);
      } catch (cause) {
        const facts = { texts: batch.batch, tokens: batch.tokens };
        throw new BarographError('E_MODEL_FAILED', 'ONNX Runtime failed on a batch', { cause, facts });
      }
      return outputs.map((name) => {
        const data = results[name]?.data;
        if (!(data instanceof Float32Array)) throw new BarographError('E_MODEL_FAILED', `the model gave no floats as ${name}`);
        return data;
      });
    },
    close: () => session.release(),
  };
}

/**
 * A session of ONNX Runtime's CPU provider as all of ours are. It keeps the memory of its runs for the next one, unless it is rarely
 * used.
 */
export function createSession(
  model: Uint8Array,
  threads: number,
  { isRarelyUsed = false }: { readonly isRarelyUsed?: boolean } = {},
): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    enableCpuMemArena: !isRarelyUsed,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
}

/** The encoder's inputs for a batch. */
export function encoderFeeds(batch: EncodedBatch): Record<string, ort.Tensor> {
  const { ids, mask, types } = batch;
  return {
    input_ids: tokenTensor(batch, ids),
    attention_mask: tokenTensor(batch, mask),
    token_type_ids: tokenTensor(batch, types),
  };
}

function tokenTensor({ batch, tokens }: EncodedBatch, data: BigInt64Array): ort.Tensor {
  return new ort.Tensor('int64', data, [batch, tokens]);
}
