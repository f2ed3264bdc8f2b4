import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { HubFile } from './model-files.ts';

/** The sums of a file while its bytes come by. */
export interface Digests {
  update(bytes: Uint8Array): void;
  /** Ends the sums; call once. */
  end(): { readonly sha256: string; readonly matches: boolean };
}

/** The SHA-256, which is recorded, and what the hub says of the file; for one in LFS they are the same. */
export function createDigests({ size, sum }: HubFile): Digests {
  const sha256 = createHash('sha256');
  // Git's id of a blob is the SHA-1 of this header and the content (gitformat-pack, "Object types").
  const blob = sum.kind === 'git' ? createHash('sha1').update(`blob ${size}\0`) : undefined;
  return {
    update: (bytes) => {
      sha256.update(bytes);
      blob?.update(bytes);
    },
    end: () => {
      const own = sha256.digest('hex');
      return { sha256: own, matches: (blob?.digest('hex') ?? own) === sum.hex };
    },
  };
}

/** A file of any size, piece by piece. */
export function piecesOf(path: string): AsyncIterable<Uint8Array> {
  return createReadStream(path, { highWaterMark: 2 ** 20 });
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of piecesOf(path)) hash.update(piece);
  return hash.digest('hex');
}
