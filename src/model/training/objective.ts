import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import type { EncoderInputs } from '../encoder/encoder.ts';
import type { ParameterValue } from '../encoder/plain-parts.ts';
import type { GraphBuilder, Value } from '../graph/graph.ts';
import type { EncodedBatch } from '../serving/port.ts';
import type { Example } from './examples.ts';
import type { Drop } from './training-parts.ts';

/** The encoder in a training graph, as an objective finds it. */
export interface EncodedTexts {
  readonly config: EncoderConfig;
  readonly inputs: EncoderInputs;
  /** The last layer's states, tokens of all texts below each other: (batch * tokens, hidden) */
  readonly last: Value;
  readonly parameter: ParameterValue;
  readonly drop: Drop;
}

/** An input of the graph that the objective declared, for one batch. */
export interface BatchInput {
  readonly data: Float32Array | BigInt64Array;
  readonly shape: readonly number[];
}

export type BatchInputs = ReadonlyMap<string, BatchInput>;

/** A batch and what the objective asks of it. */
export interface ObjectiveBatch {
  readonly batch: EncodedBatch;
  readonly inputs: BatchInputs;
}

/**
 * What a model is to learn. Its own parameters stand in the table of the spec. Losses of the batches of one step add up, so what
 * is a mean over the step is divided in the inputs.
 */
export interface Objective {
  /** All that decides it, as plain data: two objectives with the same settings are the same. */
  readonly settings: unknown;
  /** Adds what is read when the model is evaluated, as outputs. */
  evaluate(g: GraphBuilder, texts: EncodedTexts): void;
  /** Adds the loss: a value without axes. */
  loss(g: GraphBuilder, texts: EncodedTexts): Value;
  /** Batches of one step. `draw` differs from step to step and is the same whenever that step is taken. */
  batches(examples: readonly (readonly Example[])[], config: EncoderConfig, draw: number): readonly ObjectiveBatch[];
}
