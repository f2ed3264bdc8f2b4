import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { BarographError } from '../../../src/domain/errors.ts';
import { openSafetensors, parseSafetensors } from '../../../src/model/checkpoint/safetensors.ts';
import { encodeSafetensors } from '../../../src/model/checkpoint/write-safetensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
after(() => rmSync(folder, { recursive: true }));

const file = (header: unknown, data = Buffer.alloc(0)): Buffer => {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
};
const refuses = (bytes: Buffer, message: RegExp, name?: string): void => {
  assert.throws(
    () => {
      const source = parseSafetensors(bytes, 'a.safetensors');
      if (name !== undefined) source.read(name);
    },
    (error) => error instanceof BarographError && error.code === 'E_CHECKPOINT_INVALID' && message.test(error.message),
  );
};

test('gives back what was written, from a file and from memory', () => {
  const tensors = new Map([
    ['b', { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, 1e-30, -1e30) }],
    ['a', { shape: [], data: Float32Array.of(7) }],
    ['empty', { shape: [0, 4], data: new Float32Array() }],
  ]);
  const bytes = encodeSafetensors(tensors);
  const path = join(folder, 'whole.safetensors');
  writeFileSync(path, bytes);
  const opened = openSafetensors(path);
  for (const source of [opened, parseSafetensors(bytes, path)]) {
    assert.deepEqual(source.names, ['b', 'a', 'empty']);
    for (const [name, tensor] of tensors) assert.deepEqual(source.read(name), tensor);
  }
  opened.close();
  opened.close();
});

test('reads half and brain floats', () => {
  const header = {
    h: { dtype: 'F16', shape: [5], data_offsets: [0, 10] },
    b: { dtype: 'BF16', shape: [2], data_offsets: [10, 14] },
  };
  const words = [0x3c00, 0xc000, 0x0001, 0x7bff, 0x8000, 0x3f80, 0xc049];
  const data = Buffer.alloc(14);
  for (const [i, word] of words.entries()) data.writeUInt16LE(word, 2 * i);
  const source = parseSafetensors(file(header, data), 'a');
  assert.deepEqual([...source.read('h').data], [1, -2, 2 ** -24, 65504, -0]);
  assert.deepEqual([...source.read('b').data], [1, -3.140625]);
});

test('leaves integer buffers out', () => {
  const header = { position_ids: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } };
  assert.deepEqual(parseSafetensors(file(header, Buffer.alloc(8)), 'a').names, []);
});

test('refuses a header that is longer than the file, before it allocates', () => {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(2n ** 63n);
  refuses(bytes, /header claims/);
  refuses(Buffer.alloc(3), /too few/);
});

test('refuses a header that is no JSON object of tensors', () => {
  refuses(file('{"a":'), /no JSON/);
  refuses(file({ a: 3 }), /malformed/);
  refuses(file({ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }), /malformed/);
  refuses(file({ a: { dtype: 'Q4', shape: [1], data_offsets: [0, 4] } }), /unknown type Q4/);
});

test('refuses a tensor whose shape, offsets and file disagree, and names it', () => {
  const entry = (shape: number[], begin: number, end: number) => ({ w: { dtype: 'F32', shape, data_offsets: [begin, end] } });
  refuses(file(entry([2], 0, 4), Buffer.alloc(8)), /w F32\[2\]/);
  refuses(file(entry([2], 0, 8), Buffer.alloc(4)), /w F32\[2\]/);
  refuses(file(entry([2], 8, 0), Buffer.alloc(8)), /w F32\[2\]/);
  refuses(file(entry([2 ** 40, 2 ** 40], 0, 8), Buffer.alloc(8)), /w F32/);
});

test('refuses tensors that overlap', () => {
  const header = {
    a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
    b: { dtype: 'F32', shape: [2], data_offsets: [4, 12] },
  };
  refuses(file(header, Buffer.alloc(12)), /b overlaps a/);
});

test('refuses a missing tensor and one that holds NaN or infinity, and names it', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const bytes = encodeSafetensors(new Map([['layer.weight', { shape: [3], data: Float32Array.of(0, value, 0) }]]));
    refuses(Buffer.from(bytes), /layer\.weight holds .* at element 1/, 'layer.weight');
  }
  refuses(Buffer.from(encodeSafetensors(new Map())), /other is missing/, 'other');
});

test('refuses any damaged file with its own error or reads it, and never fails otherwise', () => {
  const whole = encodeSafetensors(new Map([['w', { shape: [4], data: Float32Array.of(1, 2, 3, 4) }]]));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }),
      fc.nat(whole.length),
      (edits, length) => {
        const bytes = Buffer.from(whole.subarray(0, length));
        for (const [at, value] of edits) if (at < length) bytes[at] = value;
        try {
          const source = parseSafetensors(bytes, 'a');
          for (const name of source.names) source.read(name);
        } catch (error) {
          assert.ok(error instanceof BarographError && error.code === 'E_CHECKPOINT_INVALID', String(error));
        }
      },
    ),
  );
});
