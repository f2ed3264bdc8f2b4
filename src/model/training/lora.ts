import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import { type Parameter, type Parameters, parameter } from '../checkpoint/parameters.ts';
import type { Tensor } from '../checkpoint/safetensors.ts';

/** Linear layers that may be adapted, as they are called within a layer of the encoder. */
export const LORA_TARGETS = {
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  output: 'attention.output.dense',
  up: 'intermediate.dense',
  down: 'output.dense',
} as const;

/** Low-rank adaptation (Hu et al. 2022): W x becomes W x + alpha / rank · B A x, and only A and B are trained. */
export interface LoraSettings {
  readonly rank: number;
  readonly alpha: number;
  /** Share of the adapter's inputs that is dropped. */
  readonly dropout: number;
  readonly targets: readonly (keyof typeof LORA_TARGETS)[];
}

/** Whether a parameter is an adapter's. */
export const isAdapter = (name: string): boolean => name.endsWith('.lora_a') || name.endsWith('.lora_b');

/** Names of the adapted linear layers, without `.weight`. */
export function loraLayers(config: EncoderConfig, { targets }: LoraSettings): readonly string[] {
  return Array.from({ length: config.layers }, (_, layer) =>
    targets.map((target) => `encoder.layer.${layer}.${LORA_TARGETS[target]}`),
  ).flat();
}

/** The adapters' parameters, which follow the encoder's in the table: `<layer>.lora_a` (rank, in), `<layer>.lora_b` (out, rank). */
export function loraParameters(config: EncoderConfig, settings: LoraSettings, table: readonly Parameter[]): readonly Parameter[] {
  return loraLayers(config, settings).flatMap((layer) => {
    const [outputs, inputs] = table.find(({ name }) => name === `${layer}.weight`)?.shape ?? [];
    if (outputs === undefined || inputs === undefined) throw new Error(`the parameter table has no ${layer}`);
    return [
      { name: `${layer}.lora_a`, shape: [settings.rank, inputs], decay: true },
      { name: `${layer}.lora_b`, shape: [outputs, settings.rank], decay: true },
    ];
  });
}

/** The parameters of the plain model that computes the same: W + alpha / rank · B A, without the adapters. */
export function mergeLora(config: EncoderConfig, settings: LoraSettings, parameters: Parameters): Parameters {
  const merged = new Map([...parameters].filter(([name]) => !isAdapter(name)));
  for (const layer of loraLayers(config, settings)) {
    const name = `${layer}.weight`;
    const [a, b] = [parameter(parameters, `${layer}.lora_a`), parameter(parameters, `${layer}.lora_b`)];
    merged.set(name, added(parameter(parameters, name), a, b, settings.alpha / settings.rank));
  }
  return merged;
}

/** w (out, in) + scale · b (out, rank) a (rank, in), summed in double precision. */
function added(w: Tensor, a: Tensor, b: Tensor, scale: number): Tensor {
  const [outputs = 0, inputs = 0] = w.shape;
  const rank = a.shape[0] ?? 0;
  const data = new Float32Array(w.data.length);
  const row = new Float64Array(inputs);
  for (let o = 0; o < outputs; o += 1) {
    row.fill(0);
    for (let r = 0; r < rank; r += 1) {
      const factor = scale * (b.data[o * rank + r] ?? 0);
      for (let i = 0; i < inputs; i += 1) row[i]! += factor * a.data[r * inputs + i]!; // i < inputs
    }
    for (let i = 0; i < inputs; i += 1) data[o * inputs + i] = w.data[o * inputs + i]! + row[i]!; // within bounds
  }
  return { shape: w.shape, data };
}
