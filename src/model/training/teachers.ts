import { BarographError } from '../../domain/errors.ts';
import { temperatureOf } from '../bundle/bundle-config.ts';
import { isFineTuned, readFineTuned } from '../bundle/fine-tuned.ts';
import type { BundleHeads } from '../bundle/head-tensors.ts';
import { loadBundle } from '../bundle/load-bundle.ts';
import { servedConfig, servedModel } from '../bundle/publish.ts';
import { hiddenOutput } from '../encoder/serving-graph.ts';
import { headLogits, softmax } from '../heads/head.ts';
import { openOnnxRuntimeSession } from '../serving/onnxruntime-session.ts';
import { asksEntity, type ClassifyInput } from '../serving/port.ts';
import { createTextFeatures, type FeatureBundle } from '../serving/text-features.ts';
import { SENTIMENTS } from '../training-data/labelled-text.ts';
import type { Lesson } from './teacher-objective.ts';

/** A text and what teachers say of it. */
export interface TaughtInput extends ClassifyInput {
  readonly lesson: Lesson;
}

type HeadSettings = ReturnType<typeof readFineTuned>['settings']['heads'];

/** A bundle or a fine-tuned model. */
export interface Teacher extends FeatureBundle {
  readonly name: string;
  readonly model: Uint8Array;
  readonly heads: BundleHeads;
  readonly calibration: HeadSettings;
  readonly topics: readonly string[];
}

const BATCH_TOKENS = 1024;
const CHUNK = 512;

/** Reads a teacher. Throws what loading a bundle or a fine-tuned model throws. */
export function readTeacher(folder: string): Teacher {
  if (!isFineTuned(folder)) {
    const { config, heads, version, ...files } = loadBundle(folder);
    return { ...files, config, heads, name: version, ...aboutHeads(config.heads) };
  }
  const tuned = readFineTuned(folder);
  const { tokenizer, tokenizerConfig } = tuned.checkpoint;
  const model = servedModel(tuned, 'fp32');
  const about = aboutHeads(tuned.settings.heads);
  return { config: servedConfig(tuned), model, tokenizer, tokenizerConfig, heads: tuned.heads, name: folder, ...about };
}

const aboutHeads = (calibration: HeadSettings) => ({ calibration, topics: calibration.topic.labels });

/** The topics that teachers agree on. Throws E_INPUT_INVALID when they do not. */
export function commonTopics(teachers: readonly Teacher[]): readonly string[] {
  const [first, ...others] = teachers;
  const other = others.find(({ topics }) => topics.join('\n') !== first?.topics.join('\n'));
  if (other === undefined) return first?.topics ?? [];
  throw new BarographError(
    'E_INPUT_INVALID',
    `${other.name} has other topics than ${first?.name}: they cannot teach one student.`,
  );
}

/** The width of a text vector that stands for those of all teachers. */
export const vectorSize = (teachers: readonly Teacher[]): number =>
  teachers.reduce((sum, { heads }) => sum + heads.sentiment.features, 0);

/**
 * Asks teachers about texts and gives these back in order, with the mean of the teachers' calibrated probabilities, softened by a
 * temperature, and their text vectors beside each other. Topics are asked of texts without an entity only. Rejects with E_MODEL_FAILED.
 */
export async function askTeachers(
  teachers: readonly Teacher[],
  inputs: readonly ClassifyInput[],
  { temperature, threads }: { readonly temperature: number; readonly threads: number },
  onAnswered: (answers: number) => void = () => undefined,
): Promise<readonly TaughtInput[]> {
  const taught = inputs.map((input) => ({ ...input, lesson: emptyLesson(teachers, input) }));
  for (const [i, teacher] of teachers.entries()) {
    const begin = vectorSize(teachers.slice(0, i));
    for await (const { index, vector } of textVectors(teacher, inputs, threads)) {
      const input = taught[index] as TaughtInput; // one for each input
      input.lesson.vector.set(vector, begin);
      for (const head of ['sentiment', 'topic'] as const) {
        const mean = input.lesson.probabilities[head];
        if (mean === undefined) continue;
        const own = softmax(
          headLogits(teacher.heads[head], vector),
          temperatureOf(teacher.calibration, head, input) * temperature,
        );
        for (const [c, p] of own.entries()) mean[c] = (mean[c] ?? 0) + p / teachers.length;
      }
      onAnswered(i * inputs.length + index + 1);
    }
  }
  return taught;
}

function emptyLesson(teachers: readonly Teacher[], input: ClassifyInput): Lesson {
  const sentiment = new Float32Array(SENTIMENTS.length);
  const topic = new Float32Array(teachers[0]?.topics.length ?? 0);
  return {
    probabilities: asksEntity(input) ? { sentiment } : { sentiment, topic },
    vector: new Float32Array(vectorSize(teachers)),
  };
}

async function* textVectors(
  teacher: Teacher,
  inputs: readonly ClassifyInput[],
  threads: number,
): AsyncGenerator<{ readonly index: number; readonly vector: Float64Array }> {
  const session = await openOnnxRuntimeSession(teacher.model, teacher.config.layers.map(hiddenOutput), threads);
  try {
    const features = createTextFeatures(teacher, session, BATCH_TOKENS);
    for (let at = 0; at < inputs.length; at += CHUNK)
      for (const [i, vector] of (await features(inputs.slice(at, at + CHUNK))).entries()) yield { index: at + i, vector };
  } finally {
    await session.close();
  }
}
