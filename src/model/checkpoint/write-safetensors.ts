import { endianness } from 'node:os';
import type { Tensor } from './safetensors.ts';
import type { Pieces } from './whole-folder.ts';

/**
 * A safetensors file of these tensors, as F32, in the map's order, piece by piece: a model is not in memory twice to be written.
 * Deterministic. The pieces are views of the tensors: they must not change until they are written.
 */
export function safetensorsPieces(tensors: ReadonlyMap<string, Tensor>): Pieces {
  let end = 0;
  const header: Record<string, { dtype: 'F32'; shape: readonly number[]; data_offsets: [number, number] }> = {};
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  // Spaces up to a multiple of 8, so that the data is aligned, as the reference writer does.
  const json = Buffer.from(JSON.stringify(header));
  const first = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  first.writeBigUInt64LE(BigInt(first.length - 8), 0);
  json.copy(first, 8);
  return [first, ...Array.from(tensors.values(), ({ data }) => littleEndian(data))];
}

/** The same in one piece, for small ones. */
export const encodeSafetensors = (tensors: ReadonlyMap<string, Tensor>): Uint8Array => Buffer.concat(safetensorsPieces(tensors));

function littleEndian(data: Float32Array): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32();
}
