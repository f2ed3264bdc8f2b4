import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Draws one of a list that is not empty, each as likely; the same ones for a seed. */
export function seededDraw(seed: number): <T>(from: readonly T[]) => T {
  const generator = xoroshiro128plus(seed);
  return <T>(from: readonly T[]) => from[uniformInt(generator, 0, from.length - 1)] as T;
}
