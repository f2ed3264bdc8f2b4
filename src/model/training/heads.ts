import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import { linear, type Parameter, type Parameters, parameter } from '../checkpoint/parameters.ts';
import type { Head } from '../heads/head.ts';

/** A linear layer on the pooled text: `heads.<name>.weight` (classes, hidden) and `heads.<name>.bias`. */
export interface TrainedHead {
  readonly name: string;
  readonly classes: number;
}

/** The parameters of the heads, which follow the encoder's in the table. */
export function headParameters({ hidden }: EncoderConfig, heads: readonly TrainedHead[]): readonly Parameter[] {
  return heads.flatMap(({ name, classes }) => linear(`heads.${name}`, hidden, classes));
}

/** A head as it is served. */
export function headOf(parameters: Parameters, name: string): Head {
  const weight = parameter(parameters, `heads.${name}.weight`);
  const [classes = 0, features = 0] = weight.shape;
  return { classes, features, weight: weight.data, bias: parameter(parameters, `heads.${name}.bias`).data };
}
