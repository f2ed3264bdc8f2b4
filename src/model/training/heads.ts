import type { BundleHeads } from '../bundle/head-tensors.ts';
import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import { linear, type Parameter, type Parameters, parameter } from '../checkpoint/parameters.ts';
import type { Head } from '../heads/head.ts';
import { SENTIMENTS } from '../training-data/labelled-text.ts';

/** A linear layer on the pooled text: `heads.<name>.weight` (classes, hidden) and `heads.<name>.bias`. */
export interface TrainedHead {
  readonly name: string;
  readonly classes: number;
}

/** The heads of a model that is served: sentiment, and so many topics. */
export function servedHeads(topics: number): readonly TrainedHead[] {
  return [
    { name: 'sentiment', classes: SENTIMENTS.length },
    { name: 'topic', classes: topics },
  ];
}

/** The parameters of the heads, which follow the encoder's in the table. */
export function headParameters({ hidden }: EncoderConfig, heads: readonly TrainedHead[]): readonly Parameter[] {
  return heads.flatMap(({ name, classes }) => linear(`heads.${name}`, hidden, classes));
}

/** An encoder with its heads, of the parameters that were trained together. */
export interface TrainedModel {
  readonly encoder: Parameters;
  readonly heads: BundleHeads;
}

export function trainedModel(parameters: Parameters): TrainedModel {
  const encoder = new Map([...parameters].filter(([name]) => !name.startsWith('heads.')));
  return { encoder, heads: { sentiment: headOf(parameters, 'sentiment'), topic: headOf(parameters, 'topic') } };
}

/** A head as it is served. */
function headOf(parameters: Parameters, name: string): Head {
  const weight = parameter(parameters, `heads.${name}.weight`);
  const [classes = 0, features = 0] = weight.shape;
  return { classes, features, weight: weight.data, bias: parameter(parameters, `heads.${name}.bias`).data };
}
