/** Every so many of some is held out, to measure on: at least every second is not. */
export function heldOut<T>(
  inputs: readonly T[],
  share: number,
): { readonly training: readonly T[]; readonly heldOut: readonly T[] } {
  const stride = Math.max(2, Math.round(1 / share));
  const isHeldOut = (i: number): boolean => i % stride === stride - 1;
  return { training: inputs.filter((_, i) => !isHeldOut(i)), heldOut: inputs.filter((_, i) => isHeldOut(i)) };
}
