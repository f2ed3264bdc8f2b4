import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { BarographError } from '../domain/errors.ts';

/** The bytes of a file, decompressed if they are gzip, whatever the file is called. */
export async function openInput(path: string): Promise<Readable> {
  const head = await firstBytes(path);
  const file = createReadStream(path, { highWaterMark: 262_144 });
  if (head[0] !== 0x1f || head[1] !== 0x8b) return file;
  const plain = createGunzip({ chunkSize: 262_144 });
  file.on('error', (error) => plain.destroy(error));
  plain.on('close', () => file.destroy());
  return file.pipe(plain);
}

async function firstBytes(path: string): Promise<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path, { end: 1 })) if (Buffer.isBuffer(chunk)) return chunk;
    return new Uint8Array();
  } catch (cause) {
    throw new BarographError(
      'E_INPUT_MISSING',
      `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause, facts: { path } },
    );
  }
}
