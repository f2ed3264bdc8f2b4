import type { Config } from '../config/schema.ts';
import { openClassifier } from '../model/serving/classifier.ts';
import type { Classifier } from '../model/serving/port.ts';
import { openStubClassifier } from '../model/serving/stub.ts';
import { DEFAULT_BUNDLE } from './setup.ts';

/** The model of `--model`, else the configured one, else the project's own. Rejects with `E_BUNDLE_*`. */
export async function openModel({ bundleDir, workers }: Config['model'], named: string | undefined): Promise<Classifier> {
  const bundle = named ?? bundleDir ?? DEFAULT_BUNDLE;
  return bundle === 'stub' ? openStubClassifier() : openClassifier({ bundle, ...(workers === undefined ? {} : { workers }) });
}
