import gammaln from '@stdlib/math-base-special-gammaln';

/** Terms below this share of the sum no longer matter in double precision. */
const NEGLIGIBLE = 1e-16;

/**
 * P(K ≥ k) for a negative binomial with the given mean (> 0) and shape (> 0): a Poisson count whose rate is
 * Gamma-distributed; its variance is mean + mean² / shape. Sums the upper tail itself, so that small results keep their
 * relative precision.
 */
export function negativeBinomialTail(k: number, mean: number, shape: number): number {
  if (k <= 0) return 1;
  const q = mean / (mean + shape);
  const logFirst = gammaln(k + shape) - gammaln(shape) - gammaln(k + 1) + shape * Math.log1p(-q) + k * Math.log(q);
  let term = 1;
  let sum = 1;
  for (let i = k; term > NEGLIGIBLE * sum; i += 1) {
    term *= ((i + shape) / (i + 1)) * q;
    sum += term;
    if (i - k > 100_000) break;
  }
  return Math.min(1, Math.exp(logFirst) * sum);
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
