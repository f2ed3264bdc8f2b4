import { rmSync } from 'node:fs';
import type { LabelledText } from '../training-data/labelled-text.ts';
import type { FineTuned } from './fine-tuned.ts';
import { type BundleMeasurement, measureBundle } from './measure-bundle.ts';
import { bundleOf, type Precision } from './publish.ts';
import { writeBundle } from './write-bundle.ts';

/** A bundle on the texts that it was not trained on, through the path that serves. */
export interface Measurements {
  readonly validation: BundleMeasurement;
  /** Undefined when no text was kept for testing. */
  readonly test: BundleMeasurement | undefined;
}

/**
 * Measures a model as it will be served, and writes its bundle with what was found; what was in `folder` stays until then. `card`
 * makes CARD.md, `training` goes into metrics.json beside the figures. Throws E_OUTPUT_FAILED, and what `openClassifier` throws.
 */
export async function publishBundle(
  folder: string,
  model: FineTuned,
  texts: readonly LabelledText[],
  about: {
    readonly name: string;
    readonly precision: Precision;
    readonly training: unknown;
    readonly card: (measured: Measurements) => string;
  },
): Promise<Measurements> {
  const contents = bundleOf(model, about.precision, { name: about.name, metrics: {}, card: '' });
  const measured = await measureDraft(`${folder}.draft`, contents, texts);
  const { validation, test } = measured;
  const metrics = {
    training: about.training,
    validation: figuresOf(validation),
    ...(test === undefined ? {} : { test: figuresOf(test) }),
  };
  writeBundle(folder, { ...contents, metrics, card: about.card(measured) }, { replace: true });
  return measured;
}

async function measureDraft(
  draft: string,
  contents: ReturnType<typeof bundleOf>,
  texts: readonly LabelledText[],
): Promise<Measurements> {
  const partOf = (part: string): readonly LabelledText[] => texts.filter((text) => text.part === part);
  const held = partOf('test');
  try {
    writeBundle(draft, contents, { replace: true });
    const validation = await measureBundle(draft, partOf('validation'));
    return { validation, test: held.length === 0 ? undefined : await measureBundle(draft, held) };
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

const figuresOf = ({ tasks, byFile }: BundleMeasurement) => ({ ...tasks, byFile });
