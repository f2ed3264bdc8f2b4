import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Parameter, Parameters } from '../checkpoint/parameters.ts';

/**
 * New heads and adapters: weights of heads, and the first factor of adapters, uniform in ±1/√in as PyTorch's Linear and PEFT have
 * them; biases and the second factor 0, so that an adapter changes nothing yet.
 */
export function initialWeights(parameters: readonly Parameter[], seed: number): Parameters {
  const generator = xoroshiro128plus(seed);
  return new Map(
    parameters.map(({ name, shape }) => {
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
      const bound = 1 / Math.sqrt(shape[1] ?? 1);
      if (name.endsWith('.weight') || name.endsWith('.lora_a'))
        for (let i = 0; i < data.length; i += 1) data[i] = (2 * uniformFloat64(generator) - 1) * bound;
      return [name, { shape, data }];
    }),
  );
}
