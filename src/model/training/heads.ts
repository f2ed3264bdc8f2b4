import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import { linear, type Parameter } from '../checkpoint/parameters.ts';

/** A linear layer on the pooled text: `heads.<name>.weight` (classes, hidden) and `heads.<name>.bias`. */
export interface TrainedHead {
  readonly name: string;
  readonly classes: number;
}

/** The parameters of the heads, which follow the encoder's in the table. */
export function headParameters({ hidden }: EncoderConfig, heads: readonly TrainedHead[]): readonly Parameter[] {
  return heads.flatMap(({ name, classes }) => linear(`heads.${name}`, hidden, classes));
}
