import gammaln from '@stdlib/math-base-special-gammaln';

/** Changes below this share of the result no longer matter in double precision. */
const NEGLIGIBLE = 2e-16;

/** Terms of the continued fraction; it needs some √max(a, b). */
const MAX_TERMS = 10_000;
const TINY = 1e-300;

/**
 * P(K ≥ k) for a negative binomial with the given mean (> 0) and shape (> 0): a Poisson count whose rate is
 * Gamma-distributed; its variance is mean + mean² / shape. It is the regularised incomplete beta function I_q(k, shape) with
 * q = mean / (mean + shape), by its continued fraction (DLMF 8.17.22, evaluated as Lentz does), which keeps the relative
 * precision of small results and converges fast where k is above the mean; below it, the complement does.
 */
export function negativeBinomialTail(k: number, mean: number, shape: number): number {
  if (k <= 0) return 1;
  const q = mean / (mean + shape);
  const p = shape / (mean + shape);
  const logFront = gammaln(k + shape) - gammaln(k) - gammaln(shape) + k * Math.log(q) + shape * Math.log1p(-q);
  if (q < (k + 1) / (k + shape + 2)) return Math.min(1, (Math.exp(logFront) / k) * betaFraction(q, k, shape));
  return Math.max(0, 1 - (Math.exp(logFront) / shape) * betaFraction(p, shape, k));
}

function betaFraction(x: number, a: number, b: number): number {
  const awayFromZero = (value: number): number => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= MAX_TERMS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    const step = c * d;
    fraction *= step;
    if (Math.abs(step - 1) < NEGLIGIBLE) break;
  }
  return fraction;
}

/**
 * P(K ≥ k) of n trials for a beta-binomial with parameters `alpha`, `beta` (> 0): a share that is itself uncertain.
 */
export function betaBinomialTail(k: number, n: number, alpha: number, beta: number): number {
  if (k <= 0) return 1;
  if (k > n) return 0;
  const logBeta = (a: number, b: number): number => gammaln(a) + gammaln(b) - gammaln(a + b);
  const logFirst = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + logBeta(k + alpha, n - k + beta) - logBeta(alpha, beta);
  let term = 1;
  let sum = 1;
  for (let i = k; i < n; i += 1) {
    term *= ((n - i) / (i + 1)) * ((i + alpha) / (n - i - 1 + beta));
    sum += term;
  }
  return Math.min(1, Math.exp(logFirst) * sum);
}
