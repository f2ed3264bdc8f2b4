/** A 64-bit SimHash as two signed halves. */
export interface SimHash {
  readonly high: number;
  readonly low: number;
}

/** From 16 hex digits. */
export function parseSimHash(hex: string): SimHash {
  return { high: Number.parseInt(hex.slice(0, 8), 16) | 0, low: Number.parseInt(hex.slice(8), 16) | 0 };
}

/** Number of bits in which two SimHashes differ. */
export function hammingDistance(a: SimHash, b: SimHash): number {
  return bits(a.high ^ b.high) + bits(a.low ^ b.low);
}

function bits(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
