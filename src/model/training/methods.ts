import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import { isAdapter, type LoraSettings } from './lora.ts';

/** What of a model is trained. Heads always are. */
export type Method =
  | { readonly kind: 'full' }
  | { readonly kind: 'frozen-embeddings' }
  /** The heads and the last `layers` layers. */
  | { readonly kind: 'top-layers'; readonly layers: number }
  | { readonly kind: 'heads' }
  /** Biases only, those of norms included (BitFit, Ben Zaken et al. 2022). */
  | { readonly kind: 'biases' }
  | ({ readonly kind: 'lora' } & LoraSettings);

/** Where a parameter stands: 0 for the embeddings, n for layer n from 1, one more for the heads. */
export function depthOf(name: string, config: EncoderConfig): number {
  if (name.startsWith('embeddings.')) return 0;
  const layer = /^encoder\.layer\.(\d+)\./.exec(name)?.[1];
  return layer === undefined ? config.layers + 1 : Number(layer) + 1;
}

/** Whether a method trains a parameter. */
export function trainedBy(method: Method, config: EncoderConfig): (name: string) => boolean {
  const isHead = (name: string): boolean => depthOf(name, config) > config.layers;
  switch (method.kind) {
    case 'full':
      return () => true;
    case 'frozen-embeddings':
      return (name) => depthOf(name, config) > 0;
    case 'top-layers':
      return (name) => depthOf(name, config) > config.layers - method.layers;
    case 'heads':
      return isHead;
    case 'biases':
      return (name) => isHead(name) || name.endsWith('.bias');
    case 'lora':
      return (name) => isHead(name) || isAdapter(name);
    default:
      return method satisfies never;
  }
}

/** Layer-wise decay: each layer learns `decay` times as fast as the one above it; 1 for all alike. */
export function rateScaleBy(decay: number, config: EncoderConfig): (name: string) => number {
  return (name) => decay ** (config.layers + 1 - depthOf(name, config));
}
