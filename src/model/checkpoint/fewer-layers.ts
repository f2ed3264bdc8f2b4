import { BarographError } from '../../domain/errors.ts';
import { type Checkpoint, withConfig } from './checkpoint-folder.ts';
import type { Tensor } from './safetensors.ts';

/**
 * A checkpoint with some of its layers, at equal distances, the last among them: what a smaller student begins with. Throws
 * E_USAGE when it has not so many.
 */
export function withFewerLayers(checkpoint: Checkpoint, layers: number): Checkpoint {
  const { config, parameters } = checkpoint;
  if (layers > config.layers)
    throw new BarographError('E_USAGE', `${layers} layers cannot be kept: the model has ${config.layers}.`);
  const places = new Map(
    Array.from({ length: layers }, (_, layer) => [Math.round(((layer + 1) * config.layers) / layers) - 1, layer]),
  );
  const kept = [...parameters].flatMap(([name, tensor]): [string, Tensor][] => {
    const [, layer, rest] = /^encoder\.layer\.(\d+)\.(.*)$/.exec(name) ?? [];
    if (layer === undefined) return [[name, tensor]];
    const place = places.get(Number(layer));
    return place === undefined ? [] : [[`encoder.layer.${place}.${rest}`, tensor]];
  });
  return { ...withConfig(checkpoint, { num_hidden_layers: layers }), parameters: new Map(kept) };
}
