/** The words of a step's batches, each once, and where each token's is among them. */
export interface WordRows {
  /** Ids in order of appearance. */
  readonly words: Int32Array;
  /** By batch, one a token: an index into `words`. */
  readonly rows: readonly BigInt64Array[];
}

export function wordRows(batches: readonly BigInt64Array[]): WordRows {
  const places = new Map<bigint, bigint>();
  const placeOf = (id: bigint): bigint => {
    const known = places.get(id);
    if (known !== undefined) return known;
    const place = BigInt(places.size);
    places.set(id, place);
    return place;
  };
  const rows = batches.map((ids) => ids.map(placeOf));
  return { words: Int32Array.from(places.keys(), Number), rows };
}

/** Rows of a table (rows, width), copied into (words, width). */
export function takeRows(table: Float32Array, words: Int32Array, width: number): Float32Array {
  const taken = new Float32Array(words.length * width);
  for (const [i, word] of words.entries()) taken.set(table.subarray(word * width, (word + 1) * width), i * width);
  return taken;
}

/** Puts (words, width) back into their rows of a table. */
export function putRows(table: Float32Array, words: Int32Array, width: number, rows: Float32Array): void {
  for (const [i, word] of words.entries()) table.set(rows.subarray(i * width, (i + 1) * width), word * width);
}
