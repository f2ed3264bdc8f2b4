import { type Metrics, measureProbabilities } from '../src/model/heads/metrics.ts';
import { openClassifier } from '../src/model/serving/classifier.ts';
import type { Score } from '../src/model/serving/port.ts';
import { type LabelledText, type Part, SENTIMENTS } from '../src/model/training-data/labelled-texts.ts';

/** Figures of a bundle on one part of the split, through the same path that serves users. */
export interface Evaluation {
  readonly topic: Metrics;
  readonly sentiment: Metrics;
  /** The sentiment figures by file: tweets and headlines differ. */
  readonly sentimentByFile: Readonly<Record<string, Metrics>>;
}

export async function evaluateBundle(
  folder: string,
  data: { readonly topic: readonly LabelledText[]; readonly sentiment: readonly LabelledText[] },
  part: Part,
): Promise<Evaluation> {
  const classifier = await openClassifier({ bundle: folder });
  try {
    const names = classifier.labels.topics;
    const topicRow = ({ topics }: Score): number[] => names.map((name) => topics.find(({ label }) => label === name)?.p ?? 0);
    const sentimentRow = ({ sentiment }: Score): number[] => SENTIMENTS.map((name) => sentiment[name]);
    const measured = async (
      texts: readonly LabelledText[],
      row: (score: Score) => number[],
      labels: readonly string[],
    ): Promise<Metrics> => {
      const scores = await classifier.classify(texts);
      return measureProbabilities(
        scores.map(row),
        texts.map(({ label }) => label),
        labels,
      );
    };
    const sentiment = data.sentiment.filter((text) => text.part === part);
    const files = [...new Set(sentiment.map(({ file }) => file))];
    const byFile: Record<string, Metrics> = {};
    for (const file of files) {
      byFile[file] = await measured(
        sentiment.filter((text) => text.file === file),
        sentimentRow,
        SENTIMENTS,
      );
    }
    return {
      topic: await measured(
        data.topic.filter((text) => text.part === part),
        topicRow,
        names,
      ),
      sentiment: await measured(sentiment, sentimentRow, SENTIMENTS),
      sentimentByFile: byFile,
    };
  } finally {
    await classifier.close();
  }
}
