/** How well probabilities fit the labels of a set. All but the counts are rounded to 4 decimals. */
export interface Metrics {
  readonly n: number;
  readonly accuracy: number;
  /** Unweighted mean of the classes' F1; a class that neither occurs nor is predicted counts as 0. */
  readonly macroF1: number;
  /** Expected calibration error of the most probable class, over 15 bins of equal width (Guo et al. 2017). */
  readonly ece: number;
  /** Mean negative log likelihood, in nats. */
  readonly nll: number;
  readonly classes: readonly ClassMetrics[];
  /** [true class][predicted class] */
  readonly confusion: readonly (readonly number[])[];
}

interface ClassMetrics {
  readonly label: string;
  readonly n: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

const BINS = 15;

/** Measures `probabilities[n][class]` against `labels[n]`. The predicted class is the first of the most probable ones. */
export function measureProbabilities(
  probabilities: readonly (readonly number[])[],
  labels: readonly number[],
  names: readonly string[],
): Metrics {
  const n = labels.length;
  const confusion = names.map(() => names.map(() => 0));
  const bins = Array.from({ length: BINS }, () => ({ confidence: 0, correct: 0 }));
  let logLikelihood = 0;
  for (const [i, label] of labels.entries()) {
    const row = probabilities[i] ?? [];
    const confidence = Math.max(...row);
    const predicted = row.indexOf(confidence);
    const cells = confusion[label];
    const bin = bins[Math.min(BINS - 1, Math.floor(confidence * BINS))];
    if (cells === undefined || bin === undefined || predicted < 0)
      throw new Error(`row ${i} has no valid label and probabilities`);
    cells[predicted] = (cells[predicted] ?? 0) + 1;
    bin.confidence += confidence;
    bin.correct += predicted === label ? 1 : 0;
    // Probabilities come rounded to 4 decimals: half a step stands for 0.
    logLikelihood += Math.log(Math.max(row[label] ?? 0, 0.00005));
  }
  const classes = names.map((label, c) => classMetrics(label, c, confusion));
  return {
    n,
    accuracy: round(accuracyOf(confusion)),
    macroF1: round(macroF1Of(confusion)),
    ece: round(bins.reduce((sum, { confidence, correct }) => sum + Math.abs(confidence - correct), 0) / n),
    nll: round(-logLikelihood / n),
    classes: classes.map((c) => ({ ...c, precision: round(c.precision), recall: round(c.recall), f1: round(c.f1) })),
    confusion,
  };
}

type Confusion = readonly (readonly number[])[];

export function accuracyOf(confusion: Confusion): number {
  const n = confusion.reduce((sum, row) => sum + row.reduce((a, b) => a + b, 0), 0);
  return confusion.reduce((sum, row, c) => sum + (row[c] ?? 0), 0) / n;
}

export function macroF1Of(confusion: Confusion): number {
  return confusion.reduce((sum, _, c) => sum + classMetrics('', c, confusion).f1, 0) / confusion.length;
}

function classMetrics(label: string, c: number, confusion: readonly (readonly number[])[]): ClassMetrics {
  const hits = confusion[c]?.[c] ?? 0;
  const actual = (confusion[c] ?? []).reduce((a, b) => a + b, 0);
  const predicted = confusion.reduce((sum, row) => sum + (row[c] ?? 0), 0);
  const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b);
  return {
    label,
    n: actual,
    precision: ratio(hits, predicted),
    recall: ratio(hits, actual),
    f1: ratio(2 * hits, actual + predicted),
  };
}

const round = (x: number): number => Math.round(x * 1e4) / 1e4;
