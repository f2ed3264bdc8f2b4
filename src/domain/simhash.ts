/** Number of bits in which two 64-bit SimHashes, each 16 hex digits, differ. */
export function hammingDistance(a: string, b: string): number {
  return bits(half(a, 0) ^ half(b, 0)) + bits(half(a, 8) ^ half(b, 8));
}

function half(hex: string, from: number): number {
  return Number.parseInt(hex.slice(from, from + 8), 16) | 0;
}

function bits(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
