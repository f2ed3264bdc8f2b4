import { endianness } from 'node:os';
import type { Tensor } from './safetensors.ts';

/** The bytes of a safetensors file of these tensors, as F32, in the map's order. Deterministic. */
export function encodeSafetensors(tensors: ReadonlyMap<string, Tensor>): Uint8Array {
  let end = 0;
  const header: Record<string, { dtype: 'F32'; shape: readonly number[]; data_offsets: [number, number] }> = {};
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  // Spaces up to a multiple of 8, so that the data is aligned, as the reference writer does.
  const json = Buffer.from(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const file = Buffer.alloc(8 + length + end, ' ');
  file.writeBigUInt64LE(BigInt(length), 0);
  json.copy(file, 8);
  let at = 8 + length;
  for (const { data } of tensors.values()) {
    if (endianness() === 'LE') file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    else for (const [i, value] of data.entries()) file.writeFloatLE(value, at + 4 * i);
    at += data.byteLength;
  }
  return file;
}
