import type { Checkpoint } from '../checkpoint/checkpoint-folder.ts';
import { measureRanges } from '../encoder/measure-ranges.ts';
import { fitTemperature } from '../heads/calibration.ts';
import { headLogits } from '../heads/head.ts';
import { openOnnxRuntimeSession } from '../serving/onnxruntime-session.ts';
import { asksEntity, type ClassifyInput } from '../serving/port.ts';
import { openTextEncoder } from '../serving/text-encoder.ts';
import { createTextFeatures } from '../serving/text-features.ts';
import { PREPARATION } from '../text-preparation.ts';
import { type LabelledText, SENTIMENTS } from '../training-data/labelled-text.ts';
import type { FineTuned } from './fine-tuned.ts';
import type { BundleHeads } from './head-tensors.ts';
import { type Precision, servedConfig, servedModel, servedOutputs } from './publish.ts';

/** A model that was trained, before it can be served. */
export interface Uncalibrated {
  /** With the parameters that were trained. */
  readonly checkpoint: Checkpoint;
  readonly heads: BundleHeads;
  readonly topics: readonly string[];
  readonly maxTokens: number;
}

/** What it is calibrated on. */
export interface CalibrationTexts {
  /** What the int8 steps are fixed on: some of them, at equal distances. */
  readonly ranges: readonly ClassifyInput[];
  /** What temperatures are fitted on; a head without a text keeps 1. */
  readonly labelled: readonly LabelledText[];
}

/** Texts that the int8 steps are fixed on, at most. */
const RANGE_TEXTS = 1200;
const BATCH_TOKENS = 512;

/**
 * Measures what int8 steps must cover, and fits the temperature of each head, of sentiment one for texts and one for entities, on what
 * serving computes of labelled texts, which must not have been trained on. Deterministic.
 */
export async function calibrate(model: Uncalibrated, texts: CalibrationTexts, precision: Precision): Promise<FineTuned> {
  const { checkpoint, heads, topics, maxTokens } = model;
  const stride = Math.ceil(texts.ranges.length / RANGE_TEXTS);
  const encode = openTextEncoder(checkpoint, checkpoint.config.family, maxTokens);
  const sample = texts.ranges.filter((_, i) => i % stride === 0).map(({ text, entity }) => encode(text, entity));
  const uncalibrated: FineTuned = {
    checkpoint,
    heads,
    ranges: await measureRanges(checkpoint.config, checkpoint.parameters, sample),
    settings: {
      format: 1,
      preparation: PREPARATION,
      maxTokens,
      entities: texts.ranges.some(({ entity }) => entity !== undefined),
      heads: { sentiment: { labels: [...SENTIMENTS], temperature: 1 }, topic: { labels: [...topics], temperature: 1 } },
    },
  };
  const { sentiment, topic } = uncalibrated.settings.heads;
  const temperatures = await fitTemperatures(uncalibrated, texts.labelled, precision);
  return {
    ...uncalibrated,
    settings: {
      ...uncalibrated.settings,
      heads: {
        sentiment: { ...sentiment, ...temperatures.sentiment },
        topic: { ...topic, ...temperatures.topic },
      },
    },
  };
}

async function fitTemperatures(
  model: FineTuned,
  texts: readonly LabelledText[],
  precision: Precision,
): Promise<{
  readonly sentiment: { readonly temperature: number; readonly entityTemperature?: number };
  readonly topic: { readonly temperature: number };
}> {
  const { tokenizer, tokenizerConfig } = model.checkpoint;
  const session = await openOnnxRuntimeSession(servedModel(model, precision), servedOutputs(model), 2);
  try {
    const features = createTextFeatures({ config: servedConfig(model), tokenizer, tokenizerConfig }, session, BATCH_TOKENS);
    const fit = async (head: keyof BundleHeads, used: readonly LabelledText[]): Promise<number> => {
      if (used.length === 0) return 1;
      const computed = await features(used);
      return fitTemperature(
        computed.map((x) => headLogits(model.heads[head], x)),
        used.map(({ label }) => label),
      );
    };
    const topics = texts.filter(({ head }) => head === 'topic');
    const sentiments = texts.filter(({ head }) => head === 'sentiment');
    const asked = sentiments.filter(asksEntity);
    const whole = sentiments.filter((text) => !asksEntity(text));
    const temperature = await fit('sentiment', whole.length > 0 ? whole : asked);
    const entityTemperature = asked.length === 0 ? {} : { entityTemperature: await fit('sentiment', asked) };
    return { sentiment: { temperature, ...entityTemperature }, topic: { temperature: await fit('topic', topics) } };
  } finally {
    await session.close();
  }
}
