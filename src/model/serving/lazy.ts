import type { Classifier } from './port.ts';

/** A classifier that is opened when it is first needed: a process that only passes alerts on never loads a model. */
export interface LazyClassifier extends Classifier {
  /** Opens it now. */
  ready(): Promise<void>;
}

export function lazyClassifier(open: () => Promise<Classifier>): LazyClassifier {
  let opening: Promise<Classifier> | undefined;
  let opened: Classifier | undefined;
  const get = async (): Promise<Classifier> => {
    opening ??= open();
    opened = await opening;
    return opened;
  };
  return {
    get version() {
      return opened?.version ?? '';
    },
    get labels() {
      return opened?.labels ?? { topics: [] };
    },
    ready: async () => {
      await get();
    },
    classify: async (inputs, signal) => (await get()).classify(inputs, signal),
    close: async () => {
      if (opening !== undefined) await (await opening.catch(() => undefined))?.close();
    },
  };
}
