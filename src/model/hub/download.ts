import { existsSync } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Response } from 'undici';
import { BarographError } from '../../domain/errors.ts';
import { createDigests, type Digests, piecesOf } from './digests.ts';
import type { HubConnection } from './hub-connection.ts';
import { type HubFile, INCOMPLETE } from './model-files.ts';

export interface Download {
  readonly file: HubFile;
  /** Of the hub: `/owner/name/resolve/…`. */
  readonly path: string;
  /** Takes the file under its name, and until it is whole under that with `.incomplete`. */
  readonly folder: string;
  readonly subject: string;
  /** Bytes of this file that are there; falls when a server starts anew. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Fetches a file, or the rest of it, and gives its SHA-256. It has its name only once size and sum match; what an earlier attempt left
 * is summed up again. Rejects with E_DOWNLOAD_CORRUPT (and removes it), E_HUB_UNREACHABLE (and keeps what there is), E_HUB_REFUSED,
 * E_OUTPUT_FAILED or the signal's reason.
 */
export async function downloadFile(hub: HubConnection, download: Download, signal: AbortSignal): Promise<string> {
  const { file, folder } = download;
  const target = join(folder, file.name);
  const incomplete = `${target}${INCOMPLETE}`;
  await onDisk(target, async () => {
    // Whole once, but perhaps before the machine lost its power: it is checked again like a part.
    if (existsSync(target)) await rename(target, incomplete);
  });
  const part = await openPart(incomplete, file, signal);
  try {
    download.onBytes(part.bytes);
    if (part.bytes < file.size) await fetchRest(hub, download, part, signal);
    const { sha256, matches } = part.digests.end();
    if (!matches) throw corrupt(download, 'its checksum is not the one that the hub says');
    await onDisk(target, async () => {
      await part.handle.sync();
      await rename(incomplete, target);
    });
    return sha256;
  } catch (error) {
    if (error instanceof BarographError && error.code === 'E_DOWNLOAD_CORRUPT') await rm(incomplete, { force: true });
    throw error;
  } finally {
    await part.handle.close();
  }
}

/** What is there of a file: always a beginning of it, of which the digests know all. */
interface Part {
  readonly handle: FileHandle;
  bytes: number;
  digests: Digests;
}

async function openPart(path: string, file: HubFile, signal: AbortSignal): Promise<Part> {
  return onDisk(
    path,
    async () => {
      const known = existsSync(path) && (await stat(path)).size <= file.size;
      const handle = await open(path, known ? 'r+' : 'w');
      const part = { handle, bytes: 0, digests: createDigests(file) };
      try {
        if (known)
          for await (const piece of piecesOf(path)) {
            signal.throwIfAborted();
            part.digests.update(piece);
            part.bytes += piece.byteLength;
          }
      } catch (error) {
        await handle.close();
        throw error;
      }
      return part;
    },
    signal,
  );
}

async function fetchRest(hub: HubConnection, download: Download, part: Part, signal: AbortSignal): Promise<void> {
  const { path, subject } = download;
  const headers = (): Record<string, string> => (part.bytes === 0 ? {} : { range: `bytes=${part.bytes}-` });
  const accept = [200, 206, 416];
  await hub.get(
    { path, subject, headers, accept, gained: () => part.bytes },
    (response) => append(download, part, response),
    signal,
  );
}

async function append(download: Download, part: Part, response: Response): Promise<void> {
  const { file, onBytes } = download;
  const announced = await place(download, part, response);
  if (announced !== undefined && announced !== file.size) {
    await response.body?.cancel();
    throw corrupt(download, `it has ${announced} bytes, and the hub says ${file.size}`);
  }
  for await (const piece of response.body ?? []) {
    if (part.bytes + piece.byteLength > file.size)
      throw corrupt(download, `it goes on after the ${file.size} bytes that the hub says`);
    await onDisk(file.name, () => writeAll(part.handle, piece, part.bytes));
    part.digests.update(piece);
    part.bytes += piece.byteLength;
    onBytes(part.bytes);
  }
  if (part.bytes < file.size) throw broken(download, `it ended after ${part.bytes} of ${file.size} bytes`);
}

/** Finds out where an answer's first byte belongs, and gives the size of the whole file where the answer tells. */
async function place(download: Download, part: Part, response: Response): Promise<number | undefined> {
  const { headers, status } = response;
  const isPlain = (headers.get('content-encoding') ?? 'identity') === 'identity';
  if (status === 200) {
    if (part.bytes > 0) await startAnew(download, part); // the server knows no ranges
    return isPlain ? numberOf(headers.get('content-length')) : undefined;
  }
  const [, first, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
  if (status === 206 && isPlain && Number(first) === part.bytes) return numberOf(size);
  await response.body?.cancel();
  await startAnew(download, part);
  throw broken(download, 'the server does not give the rest of it');
}

async function startAnew({ file, onBytes }: Download, part: Part): Promise<void> {
  await onDisk(file.name, () => part.handle.truncate(0));
  part.bytes = 0;
  part.digests = createDigests(file);
  onBytes(0);
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; )
    done += (await handle.write(bytes, done, bytes.byteLength - done, position + done)).bytesWritten;
}

/** Faults of the disk are no faults of the network: they are not tried again. */
async function onDisk<T>(path: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    signal?.throwIfAborted();
    throw new BarographError('E_OUTPUT_FAILED', `${path} cannot be written.`, { cause });
  }
}

const numberOf = (text: string | null | undefined): number | undefined => (/^\d+$/.test(text ?? '') ? Number(text) : undefined);

const broken = ({ subject }: Download, what: string): BarographError =>
  new BarographError('E_HUB_UNREACHABLE', `${subject}: ${what}.`);

const corrupt = ({ subject, file }: Download, what: string): BarographError =>
  new BarographError('E_DOWNLOAD_CORRUPT', `${subject} is corrupt: ${what}.`, { facts: { file: file.name } });
