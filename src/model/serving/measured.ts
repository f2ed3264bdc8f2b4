import type { Classifier } from './port.ts';

/** The classifier, with the time and size of every call reported. */
export function measured(classifier: Classifier, observe: (seconds: number, texts: number) => void): Classifier {
  return {
    get version() {
      return classifier.version;
    },
    get labels() {
      return classifier.labels;
    },
    classify: async (inputs, signal) => {
      const start = performance.now();
      const scores = await classifier.classify(inputs, signal);
      observe((performance.now() - start) / 1000, inputs.length);
      return scores;
    },
    close: () => classifier.close(),
  };
}
