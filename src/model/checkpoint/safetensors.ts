import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { z } from 'zod';
import { BarographError } from '../../domain/errors.ts';

/** One tensor in memory. `data` is row-major and holds the product of `shape` elements, every one of them finite. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Where the parameters of a checkpoint come from. `read` throws E_CHECKPOINT_INVALID when the tensor is unusable. */
export interface TensorSource {
  readonly names: readonly string[];
  read(name: string): Tensor;
}

/** A checkpoint on disk: tensors are read one at a time, so that a large file is never in memory twice. */
export interface SafetensorsFile extends TensorSource {
  close(): void;
}

interface Entry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

type Dtype = 'F32' | 'F16' | 'BF16';
const BYTES: Record<Dtype, number> = { F32: 4, F16: 2, BF16: 2 };

/** The format's own limit (safetensors README): a header of more than 100 MB is refused. */
const HEADER_LIMIT = 100_000_000;

const size = z.number().int().nonnegative();
const headerSchema = z.record(
  z.string(),
  z.object({ dtype: z.string(), shape: z.array(size).max(8), data_offsets: z.tuple([size, size]) }),
);

const invalid = (path: string, reason: string, facts = {}): BarographError =>
  new BarographError('E_CHECKPOINT_INVALID', `${path}: ${reason}`, { facts: { path, ...facts } });

/**
 * Opens a checkpoint and checks its header before anything is allocated: length, types, sizes, offsets within the file,
 * no overlaps. Throws E_CHECKPOINT_INVALID. The caller closes what it opens.
 *
 *     8 bytes        header length, little-endian
 *     length bytes   JSON: name -> { dtype, shape, data_offsets: [begin, end] }, offsets from the end of the header
 *     the rest       the tensors, little-endian
 */
export function openSafetensors(path: string): SafetensorsFile {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (cause) {
    throw new BarographError('E_CHECKPOINT_INVALID', `${path}: cannot be opened`, { cause, facts: { path } });
  }
  try {
    const source = tensorSource(path, fstatSync(fd).size, (position, length) => readBytes(fd, path, position, length));
    let open = true;
    const close = (): void => {
      if (open) closeSync(fd);
      open = false;
    };
    return { ...source, close };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** The same for a file that is in memory already; `path` is what messages call it. */
export function parseSafetensors(bytes: Uint8Array, path: string): TensorSource {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return tensorSource(path, buffer.length, (position, length) => buffer.subarray(position, position + length));
}

/** Reads a range that lies within the file. */
type ReadAt = (position: number, length: number) => Buffer;

function tensorSource(path: string, fileBytes: number, readAt: ReadAt): TensorSource {
  const { entries, dataAt } = readHeader(path, fileBytes, readAt);
  return { names: [...entries.keys()], read: (name) => readTensor(path, name, entries.get(name), dataAt, readAt) };
}

function readHeader(path: string, fileBytes: number, readAt: ReadAt): { entries: Map<string, Entry>; dataAt: number } {
  if (fileBytes < 8) throw invalid(path, `${fileBytes} bytes are too few for a safetensors file`);
  const length = Number(readAt(0, 8).readBigUInt64LE());
  if (length > HEADER_LIMIT || 8 + length > fileBytes) {
    throw invalid(path, `the header claims ${length} bytes in a file of ${fileBytes}; is this a safetensors file, and whole?`);
  }
  const dataAt = 8 + length;
  const entries = new Map<string, Entry>();
  for (const [name, fields] of Object.entries(parseHeader(path, readAt(8, length)))) {
    const [begin, end] = fields.data_offsets;
    // Integer buffers (position_ids in older checkpoints) hold no parameter: they are listed nowhere and never read.
    if (/^(I|U)\d+$|^BOOL$/.test(fields.dtype)) continue;
    const { dtype } = fields;
    if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16')
      throw invalid(path, `${name} has the unknown type ${dtype}`, { tensor: name });
    const bytes = fields.shape.reduce((product, n) => product * n, BYTES[dtype]);
    if (!Number.isSafeInteger(bytes) || end - begin !== bytes || dataAt + end > fileBytes) {
      throw invalid(path, `${name} ${dtype}[${fields.shape}] does not fit bytes ${begin} to ${end} of the file`, {
        tensor: name,
      });
    }
    entries.set(name, { dtype, shape: fields.shape, begin, end });
  }
  const ordered = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  for (let i = 1; i < ordered.length; i++) {
    const [before, next] = [ordered[i - 1]!, ordered[i]!]; // i is below the length
    if (next[1].begin < before[1].end) throw invalid(path, `${next[0]} overlaps ${before[0]}`, { tensor: next[0] });
  }
  return { entries, dataAt };
}

function parseHeader(path: string, bytes: Buffer): z.infer<typeof headerSchema> {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new BarographError('E_CHECKPOINT_INVALID', `${path}: the header is no JSON`, { cause, facts: { path } });
  }
  const { __metadata__: _, ...rest } = z.record(z.string(), z.unknown()).catch({}).parse(json);
  const parsed = headerSchema.safeParse(rest);
  if (!parsed.success) throw invalid(path, `the header is malformed: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function readTensor(path: string, name: string, entry: Entry | undefined, dataAt: number, readAt: ReadAt): Tensor {
  if (entry === undefined) throw invalid(path, `${name} is missing`, { tensor: name });
  const bytes = readAt(dataAt + entry.begin, entry.end - entry.begin);
  const data = decode(bytes, entry.dtype);
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) throw invalid(path, `${name} holds ${data[i]} at element ${i}`, { tensor: name });
  }
  return { shape: entry.shape, data };
}

function decode(bytes: Buffer, dtype: Dtype): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Float32Array(bytes.byteLength / BYTES[dtype]);
  if (dtype === 'F32') for (let i = 0; i < data.length; i++) data[i] = view.getFloat32(4 * i, true);
  else if (dtype === 'F16') for (let i = 0; i < data.length; i++) data[i] = halfToFloat(view.getUint16(2 * i, true));
  else {
    // bfloat16 is the upper half of a float32
    const words = new Uint32Array(data.buffer);
    for (let i = 0; i < data.length; i++) words[i] = view.getUint16(2 * i, true) << 16;
  }
  return data;
}

/** IEEE 754 binary16 to a number. */
function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function readBytes(fd: number, path: string, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const read = readSync(fd, buffer, done, length - done, position + done);
    if (read === 0) throw invalid(path, 'ends too early');
    done += read;
  }
  return buffer;
}
