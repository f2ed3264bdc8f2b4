import { softmax } from './head.ts';

/** Mean negative log likelihood of the true classes, in nats, with logits divided by `temperature`. */
export function negativeLogLikelihood(logits: readonly Float64Array[], labels: readonly number[], temperature = 1): number {
  let sum = 0;
  for (const [n, row] of logits.entries()) sum -= Math.log(Math.max(softmax(row, temperature)[labels[n] ?? 0] ?? 0, 1e-300));
  return sum / logits.length;
}

/**
 * The temperature between 1/10 and 10 under which the true classes are most likely (Guo et al. 2017), to 4 decimals, by
 * golden-section search: the likelihood has one maximum in the inverse temperature.
 */
export function fitTemperature(logits: readonly Float64Array[], labels: readonly number[]): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  const loss = (logTemperature: number): number => negativeLogLikelihood(logits, labels, Math.exp(logTemperature));
  let [low, high] = [Math.log(0.1), Math.log(10)];
  let [left, right] = [high - golden * (high - low), low + golden * (high - low)];
  let [atLeft, atRight] = [loss(left), loss(right)];
  while (high - low > 1e-5) {
    if (atLeft < atRight) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - golden * (high - low);
      atLeft = loss(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + golden * (high - low);
      atRight = loss(right);
    }
  }
  return Math.round(Math.exp((low + high) / 2) * 1e4) / 1e4;
}
