import { fitTemperature, negativeLogLikelihood } from '../src/model/heads/calibration.ts';
import { openProducts } from '../src/model/heads/onnxruntime-products.ts';
import { type Examples, type Head, headLogits, trainHead } from '../src/model/heads/softmax-regression.ts';
import { foldIn, measure, standardize } from '../src/model/heads/standardization.ts';
import type { LabelledText } from '../src/model/training-data/labelled-texts.ts';

/** Strengths of the penalty that are tried, from the strongest, each from the solution before. */
const L2_GRID = [0.16, 0.08, 0.04, 0.02, 0.01];
const MAX_ITERATIONS = 300;
const TOLERANCE = 2e-5;
/** Fixed, because the last bits of a sum depend on it. */
const THREADS = 2;

export interface TrainedHead {
  readonly head: Head;
  readonly l2: number;
  readonly temperature: number;
  /** Validation likelihood of every strength tried, before the temperature. */
  readonly tried: readonly {
    readonly l2: number;
    readonly validationNll: number;
    readonly iterations: number;
    readonly converged: boolean;
  }[];
}

/**
 * Trains a head on the training part over standardized features, for every strength, and keeps the one under which the
 * validation part is most likely; then fits the temperature there. Classes are not reweighted: the probabilities are to be
 * frequencies, and the validation part has the same ones.
 */
export async function trainDefaultHead(
  texts: readonly LabelledText[],
  features: readonly Float64Array[],
  classes: number,
  log: (line: string) => void,
): Promise<TrainedHead> {
  const rows = texts.map(({ label, part }, index) => ({ label, part, x: features[index] ?? new Float64Array() }));
  const training = examplesOf(rows.filter(({ part }) => part === 'train'));
  const validation = rows.filter(({ part }) => part === 'validation');
  const labels = validation.map(({ label }) => label);
  const standardization = measure(training);
  const standardized = standardize(training, standardization);
  const products = await openProducts(standardized, classes, THREADS);
  const tried: (TrainedHead['tried'][number] & { head: Head })[] = [];
  let start: Head | undefined;
  for (const l2 of L2_GRID) {
    const options = { maxIterations: MAX_ITERATIONS, tolerance: TOLERANCE, ...(start === undefined ? {} : { start }) };
    const { head: found, iterations, converged } = await trainHead(standardized, classes, l2, products, options);
    start = found;
    const head = foldIn(found, standardization);
    const logits = validation.map(({ x }) => headLogits(head, x));
    const validationNll = Math.round(negativeLogLikelihood(logits, labels) * 1e4) / 1e4;
    tried.push({ l2, validationNll, iterations, converged, head });
    log(`l2 ${l2}: validation nll ${validationNll} after ${iterations} iterations${converged ? '' : ' (not converged)'}`);
  }
  await products.close();
  const best = tried.reduce((a, b) => (b.validationNll < a.validationNll ? b : a));
  const temperature = fitTemperature(
    validation.map(({ x }) => headLogits(best.head, x)),
    labels,
  );
  return { head: best.head, l2: best.l2, temperature, tried: tried.map(({ head: _, ...rest }) => rest) };
}

function examplesOf(rows: readonly { readonly label: number; readonly x: Float64Array }[]): Examples {
  const features = rows[0]?.x.length ?? 0;
  const x = new Float32Array(rows.length * features);
  for (const [n, row] of rows.entries()) x.set(row.x, n * features);
  return { count: rows.length, features, x, y: rows.map(({ label }) => label) };
}
