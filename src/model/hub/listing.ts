import type { Response } from 'undici';
import { z } from 'zod';
import { BarographError } from '../../domain/errors.ts';
import type { HubConnection } from './hub-connection.ts';
import type { HubFile } from './model-files.ts';
import { isCommit, type RepositoryRevision } from './repository.ts';

/** What a revision of a repository is made of. */
export interface Listing {
  /** The commit that the revision means now. */
  readonly commit: string;
  readonly files: readonly HubFile[];
}

// `ModelInfo`, `RepoSibling` and `BlobLfsInfo` of huggingface_hub (hf_api.py, August 2026). Git LFS itself calls the sum `oid`.
const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const size = z.number().int().nonnegative();
const schema = z.object({
  sha: hex(40),
  siblings: z.array(
    z.object({
      rfilename: z.string().min(1),
      size: size.nullish(),
      blobId: hex(40).nullish(),
      lfs: z.object({ size: size.optional(), sha256: hex(64).optional(), oid: hex(64).optional() }).nullish(),
    }),
  ),
});

/** A repository of ten thousand files has a listing of some 3 MB. */
const LISTING_LIMIT = 64 * 2 ** 20;

/**
 * Asks what a revision is made of. Rejects with E_HUB_UNREACHABLE or E_HUB_REFUSED: no such repository, no access, or a name that
 * leads out of the repository's folder.
 */
export async function readListing(
  hub: HubConnection,
  { repository, revision }: RepositoryRevision,
  tries: number,
  signal: AbortSignal,
): Promise<Listing> {
  const subject = `${repository}@${revision}`;
  const path = `/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const text = await hub.get({ path, subject, tries, limitMs: 120_000 }, readText, signal);
  const parsed = schema.safeParse(parseJson(text));
  const refuse = (why: string): BarographError =>
    new BarographError('E_HUB_REFUSED', `${subject}: ${why}.`, { facts: { repository } });
  if (!parsed.success) throw refuse(`${hub.endpoint} answers with something else than a listing of files; is it a model hub?`);
  const { sha, siblings } = parsed.data;
  if (isCommit(revision) && sha !== revision) throw refuse(`the hub answers with another commit, ${sha}`);
  const outside = siblings.find(({ rfilename }) => !staysInside(rfilename));
  if (outside !== undefined)
    throw refuse(`it lists a file ${JSON.stringify(outside.rfilename)}, which is no path in a repository; nothing is fetched`);
  const files = siblings.flatMap((sibling) => fileOf(sibling));
  if (files.length === 0 && siblings.length > 0)
    throw refuse(`${hub.endpoint} does not say the sizes and checksums of its files, so a download could not be checked`);
  return { commit: sha, files };
}

/** A file without size and sum cannot be checked: it counts as not there. The hub gives both for every file (`blobs=true`). */
function fileOf({ rfilename, size: plain, blobId, lfs }: z.infer<typeof schema>['siblings'][number]): HubFile[] {
  const bytes = lfs?.size ?? plain ?? undefined;
  const sha256 = lfs?.sha256 ?? lfs?.oid;
  if (bytes === undefined) return [];
  if (lfs !== null && lfs !== undefined)
    return sha256 === undefined ? [] : [{ name: rfilename, size: bytes, sum: { kind: 'sha256', hex: sha256 } }];
  return blobId === null || blobId === undefined ? [] : [{ name: rfilename, size: bytes, sum: { kind: 'git', hex: blobId } }];
}

/** Whether a name from a server is a plain path below the folder that it is put into. */
function staysInside(name: string): boolean {
  return !/[\\\p{Cc}]|^[A-Za-z]:/u.test(name) && name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > LISTING_LIMIT) return ''; // no listing that we know has this size: the parser says so
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused by the schema
  }
}
