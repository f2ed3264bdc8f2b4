/** A smooth function: its value at x, and its gradient written into `gradient`. */
export type Objective = (x: Float64Array, gradient: Float64Array) => Promise<number>;

export interface LbfgsOptions {
  readonly maxIterations: number;
  /** Stops when the largest component of the gradient is below this. */
  readonly tolerance: number;
  /** Pairs of differences that are remembered. */
  readonly history?: number;
}

interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
}

/**
 * Minimises a convex function by limited-memory BFGS (Nocedal and Wright, algorithm 7.5) with a backtracking line search.
 * Deterministic. Returns the best point found, `x` itself changed in place, and how it ended.
 */
export async function minimize(
  objective: Objective,
  x: Float64Array,
  options: LbfgsOptions,
): Promise<{ readonly value: number; readonly iterations: number; readonly converged: boolean }> {
  const { maxIterations, tolerance, history = 10 } = options;
  let gradient = new Float64Array(x.length);
  let value = await objective(x, gradient);
  const pairs: Pair[] = [];
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (largest(gradient) < tolerance) return { value, iterations: iteration, converged: true };
    const direction = descent(gradient, pairs);
    const slope = dot(gradient, direction);
    // The first direction is the bare gradient, whose length says nothing: start with a step of length 1.
    let step = pairs.length === 0 ? 1 / Math.sqrt(dot(gradient, gradient)) : 1;
    let accepted: { x: Float64Array; gradient: Float64Array<ArrayBuffer>; value: number } | undefined;
    for (let attempt = 0; attempt < 30 && accepted === undefined; attempt++, step /= 2) {
      const candidate = x.map((xi, i) => xi + step * direction[i]!); // same length
      const candidateGradient = new Float64Array(x.length);
      const candidateValue = await objective(candidate, candidateGradient);
      if (candidateValue <= value + 1e-4 * step * slope) {
        accepted = { x: candidate, gradient: candidateGradient, value: candidateValue };
      }
    }
    if (accepted === undefined) return { value, iterations: iteration, converged: false };
    remember(pairs, history, x, gradient, accepted);
    x.set(accepted.x);
    ({ gradient, value } = accepted);
  }
  return { value, iterations: maxIterations, converged: false };
}

function remember(
  pairs: Pair[],
  history: number,
  x: Float64Array,
  gradient: Float64Array,
  next: { readonly x: Float64Array; readonly gradient: Float64Array },
): void {
  const s = next.x.map((xi, i) => xi - x[i]!);
  const y = next.gradient.map((gi, i) => gi - gradient[i]!);
  const curvature = dot(s, y);
  if (curvature <= 1e-12 * dot(y, y)) return; // keeps the implied matrix positive definite
  pairs.push({ s, y, rho: 1 / curvature });
  if (pairs.length > history) pairs.shift();
}

function descent(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const q = gradient.map((g) => -g);
  const alphas: number[] = [];
  for (const { s, y, rho } of pairs.toReversed()) {
    const alpha = rho * dot(s, q);
    alphas.push(alpha);
    addScaled(q, y, -alpha);
  }
  const last = pairs.at(-1);
  if (last !== undefined) scale(q, 1 / (last.rho * dot(last.y, last.y)));
  for (const { s, y, rho } of pairs) addScaled(q, s, (alphas.pop() ?? 0) - rho * dot(y, q));
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!; // same length
  return sum;
}

function addScaled(into: Float64Array, from: Float64Array, factor: number): void {
  for (let i = 0; i < into.length; i++) into[i]! += factor * from[i]!; // same length
}

function scale(x: Float64Array, factor: number): void {
  for (let i = 0; i < x.length; i++) x[i]! *= factor; // within bounds
}

function largest(x: Float64Array): number {
  let most = 0;
  for (const xi of x) most = Math.max(most, Math.abs(xi));
  return most;
}
