import type { Tensor, TensorSource } from '../checkpoint/safetensors.ts';
import type { Head } from '../heads/head.ts';

/** The heads that every bundle has. */
export interface BundleHeads {
  readonly sentiment: Head;
  readonly topic: Head;
}

/** As `heads.safetensors` keeps them: `<head>.weight` (classes, features) and `<head>.bias` (classes). */
export function headTensors(heads: BundleHeads): ReadonlyMap<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const [name, { classes, features, weight, bias }] of Object.entries(heads)) {
    tensors.set(`${name}.weight`, { shape: [classes, features], data: weight });
    tensors.set(`${name}.bias`, { shape: [classes], data: bias });
  }
  return tensors;
}

/** Throws E_CHECKPOINT_INVALID on a tensor that cannot be read, and an error that names the head when shapes are not these. */
export function readHead(source: TensorSource, name: string, classes: number, features: number): Head {
  const weight = source.read(`${name}.weight`);
  const bias = source.read(`${name}.bias`);
  if (weight.shape.join() !== `${classes},${features}` || bias.shape.join() !== `${classes}`) {
    const found = `[${weight.shape}] and [${bias.shape}]`;
    throw new Error(
      `heads.safetensors: ${name} has the shapes ${found}; its configuration asks for [${classes},${features}] and [${classes}]`,
    );
  }
  return { classes, features, weight: weight.data, bias: bias.data };
}
