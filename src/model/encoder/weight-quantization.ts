import type { ChannelRange } from './activation-ranges.ts';

/** A matrix in whole numbers: value = integer * scale of its column (of a linear layer) or of its row (of a table). */
export interface QuantizedMatrix {
  readonly data: Int8Array;
  readonly scales: Float32Array;
}

/**
 * How a linear layer's input x becomes unsigned bytes, fixed when the bundle is made: round(x / channel[j]) + zeroPoint, cut to
 * 0...255. What `channel` takes from the input the weights give back.
 */
export interface InputQuantization {
  /** (in), the step of every channel. */
  readonly steps: Float32Array;
  readonly zeroPoint: number;
}

/**
 * Without VNNI the products of unsigned and signed bytes are summed in pairs in 16 signed bits. 2 * 255 * 64 = 32,640 is the most
 * that cannot saturate there; 127 would.
 */
export const WEIGHT_LIMIT = 64;

/**
 * Steps for an input whose channels were seen in `range`. Channels that reach far take larger steps, by the square root of
 * their reach (the middle of SmoothQuant's range, Xiao et al. 2022, equation 4, without its weight term: with it the
 * embeddings of all-MiniLM-L6-v2 had a mean cosine of 0.986 to fp32's, without it 0.997; see docs/model.md).
 */
export function inputQuantization(range: ChannelRange): InputQuantization {
  const width = range.low.length;
  const relative = new Float64Array(width);
  let low = 0;
  let high = 0;
  for (let j = 0; j < width; j++) {
    const reach = Math.max(range.high[j]!, -range.low[j]!, 1e-5); // j < width
    relative[j] = Math.sqrt(reach);
    low = Math.min(low, range.low[j]! / relative[j]!);
    high = Math.max(high, range.high[j]! / relative[j]!);
  }
  const step = (high - low) / 255;
  return { steps: Float32Array.from(relative, (s) => s * step), zeroPoint: Math.round(-low / step) };
}

/** Quantises W (out, in), its columns multiplied by the input's steps, by output: (in, out) as MatMulInteger wants it. */
export function quantizeLinear(weight: Float32Array, outputs: number, steps: Float32Array): QuantizedMatrix {
  const inputs = steps.length;
  const data = new Int8Array(inputs * outputs);
  const scales = new Float32Array(outputs);
  const row = new Float64Array(inputs);
  for (let out = 0; out < outputs; out++) {
    for (let i = 0; i < inputs; i++) row[i] = weight[out * inputs + i]! * steps[i]!; // both within bounds
    const scale = Math.fround(largest(row) / WEIGHT_LIMIT) || 1;
    scales[out] = scale;
    for (let i = 0; i < inputs; i++) data[i * outputs + out] = nearest(row[i]! / scale, WEIGHT_LIMIT);
  }
  return { data, scales };
}

/** Quantises a table (rows, width) symmetrically by row. */
export function quantizeRows(table: Float32Array, rows: number): QuantizedMatrix {
  const width = table.length / rows;
  const data = new Int8Array(table.length);
  const scales = new Float32Array(rows);
  for (let r = 0; r < rows; r++) {
    const row = table.subarray(r * width, (r + 1) * width);
    const scale = Math.fround(largest(row) / 127) || 1;
    scales[r] = scale;
    for (let i = 0; i < width; i++) data[r * width + i] = nearest(row[i]! / scale, 127); // i < width
  }
  return { data, scales };
}

const nearest = (x: number, limit: number): number => Math.max(-limit, Math.min(limit, Math.round(x)));

function largest(row: Float32Array | Float64Array): number {
  let most = 0;
  for (const x of row) most = Math.max(most, Math.abs(x));
  return most;
}
