import type { GraphBuilder, Value } from '../graph/graph.ts';
import { add, div, like, mul, reduceSum, sub } from '../graph/ops.ts';
import { padBatch } from '../serving/batches.ts';
import type { Example } from './examples.ts';
import { crossEntropy, onTextVector, putOutLogits, textVector, textVectorInputs } from './head-objective.ts';
import type { TrainedHead } from './heads.ts';
import type { BatchInput, Objective } from './objective.ts';

export interface TeacherObjectiveSettings {
  readonly heads: readonly TrainedHead[];
  /** Softens the student's probabilities; the teachers' were softened by the same. */
  readonly temperature: number;
  /** Width of the teachers' text vectors, and what their squared distance weighs beside the heads; a weight of 0 leaves it out. */
  readonly vector: { readonly size: number; readonly weight: number };
}

/** The head that foretells the teachers' text vectors; it is no part of the student. */
export const VECTOR_HEAD = 'teacher';

/** What a teacher says of a text. */
export interface Lesson {
  /** Softened probabilities by head; none where the head is not asked. */
  readonly probabilities: Readonly<Record<string, Float32Array>>;
  /** The text's vector: (size) */
  readonly vector: Float32Array;
}

export interface TaughtExample extends Example {
  readonly lesson: Lesson;
}

/**
 * Distillation (Hinton, Vinyals and Dean, 2015): with temperature T, the sum over the heads of T² times the mean cross-entropy of the
 * student's softened probabilities against the teachers', and, weighted, the mean squared distance of a linear image of the student's
 * text vector from the teachers'. Examples are `TaughtExample`s. Evaluated it gives `logits/<head>`.
 */
export function teacherObjective(settings: TeacherObjectiveSettings): Objective {
  const { heads, temperature, vector } = settings;
  return {
    settings,
    evaluate: (g, texts) => putOutLogits(g, texts, heads),
    loss(g, texts) {
      const text = textVector(g, texts);
      const losses = heads.map(({ name, classes }): Value => {
        const softened = div(g, onTextVector(g, texts, text, name), like(g, text, temperature));
        const entropy = crossEntropy(g, softened, g.input(`taught/${name}`, 'float32', ['batch', classes]));
        return mul(g, entropy, like(g, entropy, temperature ** 2));
      });
      if (vector.weight > 0) losses.push(vectorDistance(g, onTextVector(g, texts, text, VECTOR_HEAD), vector.size));
      return losses.reduce((sum, each) => add(g, sum, each));
    },
    batches(examples, { padId }) {
      const step = examples.map((rows) => rows.map(taughtOf));
      const asked = ({ name }: TrainedHead): number => step.flat().filter(({ lesson }) => lesson.probabilities[name]).length;
      const counts = new Map(heads.map((head) => [head.name, Math.max(1, asked(head))]));
      return step.map((rows) => {
        const batch = padBatch(rows, padId);
        const inputs = textVectorInputs(batch);
        for (const { name, classes } of heads) {
          const data = new Float32Array(rows.length * classes);
          for (const [row, { lesson }] of rows.entries())
            for (const [c, p] of lesson.probabilities[name]?.entries() ?? [])
              data[row * classes + c] = p / (counts.get(name) ?? 1);
          inputs.set(`taught/${name}`, { data, shape: [rows.length, classes] });
        }
        if (vector.weight > 0) addVectors(inputs, rows, vector.weight / (vector.size * step.flat().length));
        return { batch, inputs };
      });
    },
  };
}

/** Σ weights ⊙ (foretold − taught)², a value without axes. Declares `taught_vectors` (batch, size), `vector_weights` (batch, 1). */
function vectorDistance(g: GraphBuilder, foretold: Value, size: number): Value {
  const apart = sub(g, foretold, g.input('taught_vectors', 'float32', ['batch', size]));
  return reduceSum(g, mul(g, mul(g, apart, apart), g.input('vector_weights', 'float32', ['batch', 1])), [0, 1]);
}

function addVectors(inputs: Map<string, BatchInput>, rows: readonly TaughtExample[], weight: number): void {
  const size = rows[0]?.lesson.vector.length ?? 0;
  const vectors = new Float32Array(rows.length * size);
  for (const [row, { lesson }] of rows.entries()) vectors.set(lesson.vector, row * size);
  inputs.set('taught_vectors', { data: vectors, shape: [rows.length, size] });
  inputs.set('vector_weights', { data: new Float32Array(rows.length).fill(weight), shape: [rows.length, 1] });
}

function taughtOf(example: Example): TaughtExample {
  if ('lesson' in example) return example as TaughtExample; // nothing else has such a field
  throw new Error('this objective learns from lessons only');
}
