import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { betaBinomialTail, negativeBinomialTail } from '../../src/ledger/tails.ts';

const close = (actual: number, expected: number, relative = 1e-9): void =>
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${actual} is not ${expected}`);

describe('tails of the distributions', () => {
  it('gives the exact geometric tail where the negative binomial has shape 1', () => {
    // Shape 1, mean m: P(K >= k) = (m / (1 + m))^k.
    for (const [k, mean] of [
      [1, 0.5],
      [3, 2],
      [40, 3],
    ] as const)
      close(negativeBinomialTail(k, mean, 1), (mean / (1 + mean)) ** k);
  });

  it('comes to the Poisson tail as the shape grows', () => {
    // P(K >= 5) for Poisson(2) = 1 - e^-2 (1 + 2 + 2 + 4/3 + 2/3) = 0.052653017343711…
    close(negativeBinomialTail(5, 2, 1e9), 0.05265301734371115, 1e-6);
  });

  it('keeps its precision where the chance is tiny', () => {
    close(negativeBinomialTail(200, 1, 1), 2 ** -200);
  });

  it('gives the exact beta-binomial tail of small cases', () => {
    // alpha = beta = 1: every count from 0 to n has the chance 1 / (n + 1).
    for (const k of [1, 4, 10]) close(betaBinomialTail(k, 10, 1, 1), (11 - k) / 11);
    // n = 2, alpha = 2, beta = 3: P(K = 2) = B(4, 3) / B(2, 3) = (1/60) / (1/12) = 0.2.
    close(betaBinomialTail(2, 2, 2, 3), 0.2);
  });

  it('is a chance that falls as the count grows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.double({ min: 0.001, max: 100, noNaN: true }),
        fc.double({ min: 0.05, max: 50, noNaN: true }),
        (k, mean, shape) => {
          const [here, next] = [negativeBinomialTail(k, mean, shape), negativeBinomialTail(k + 1, mean, shape)];
          assert.ok(here >= 0 && here <= 1 && next <= here * (1 + 1e-9));
        },
      ),
      { seed: 1 },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 0, max: 300 }),
        fc.double({ min: 0.1, max: 60, noNaN: true }),
        fc.double({ min: 0.1, max: 60, noNaN: true }),
        (n, k, alpha, beta) => {
          const [here, next] = [betaBinomialTail(k, n, alpha, beta), betaBinomialTail(k + 1, n, alpha, beta)];
          assert.ok(here >= 0 && here <= 1 && next <= here * (1 + 1e-9));
        },
      ),
      { seed: 1 },
    );
  });
});
