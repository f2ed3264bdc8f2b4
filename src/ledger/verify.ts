import { compareDocs, DOC_KINDS, type Doc, type DocKind } from '../domain/doc.ts';

/** A document that is not what a fresh fold of the log gives. */
export interface Difference {
  readonly kind: DocKind;
  readonly id: string;
  readonly what: 'missing' | 'unexpected' | 'different';
  readonly stored?: Doc;
  readonly folded?: Doc;
}

type Scan = (kind: DocKind) => AsyncIterable<readonly Doc[]>;

/**
 * Compares two stores document by document, both read in the order of `compareDocs`: one holds what was stored, one what a fresh fold gives.
 * `ahead` are documents, by kind and id, that the stored ledger wrote before it could acknowledge the records: they may stand in either state.
 * Documents that `mayLack` holds of need not be stored any more.
 */
export async function* compareStores(
  stored: Scan,
  folded: Scan,
  ahead: ReadonlyMap<string, readonly Doc[]>,
  mayLack: (doc: Doc) => boolean = () => false,
): AsyncIterable<Difference> {
  for (const kind of DOC_KINDS) {
    const left = each(stored(kind));
    const right = each(folded(kind));
    let a = await left.next();
    let b = await right.next();
    while (a.done !== true || b.done !== true) {
      const order = a.done === true ? 1 : b.done === true ? -1 : compareDocs(a.value, b.value);
      if (order === 0 && a.done !== true && b.done !== true) {
        const possible = [b.value, ...(ahead.get(docKey(b.value)) ?? [])];
        if (!possible.some((doc) => sameDoc(doc, a.value as Doc)))
          yield { kind, id: b.value.id, what: 'different', stored: a.value, folded: b.value };
      } else if (order < 0 && a.done !== true) {
        const doc = a.value;
        if (!(ahead.get(docKey(doc)) ?? []).some((other) => sameDoc(other, doc)))
          yield { kind, id: doc.id, what: 'unexpected', stored: doc };
      } else if (b.done !== true && !mayLack(b.value)) {
        yield { kind, id: b.value.id, what: 'missing', folded: b.value };
      }
      if (order <= 0) a = await left.next();
      if (order >= 0) b = await right.next();
    }
  }
}

export function docKey(doc: Doc): string {
  return `${doc.kind}\n${doc.id}`;
}

async function* each(chunks: AsyncIterable<readonly Doc[]>): AsyncGenerator<Doc, undefined> {
  for await (const chunk of chunks) yield* chunk;
  return undefined;
}

function sameDoc(a: Doc, b: Doc): boolean {
  return a.version === b.version && canonical(a.body) === canonical(b.body);
}

/** JSON with sorted keys: equal for equal values, however they were built. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
