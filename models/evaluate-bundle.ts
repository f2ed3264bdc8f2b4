import { type Metrics, measureProbabilities } from '../src/model/heads/metrics.ts';
import { openClassifier } from '../src/model/serving/classifier.ts';
import { probabilitiesOf } from '../src/model/serving/scores.ts';
import { type LabelledSets, type LabelledText, type Part, SENTIMENTS } from '../src/model/training-data/labelled-texts.ts';

/** Figures of a bundle on one part of the split, through the same path that serves users. */
export interface Evaluation {
  readonly topic: Metrics;
  readonly sentiment: Metrics;
  /** The sentiment figures by file: tweets and headlines differ. */
  readonly sentimentByFile: Readonly<Record<string, Metrics>>;
  /** Sentiment towards every entity of every headline. */
  readonly entity: Metrics;
}

export async function evaluateBundle(folder: string, data: LabelledSets, part: Part): Promise<Evaluation> {
  const classifier = await openClassifier({ bundle: folder });
  try {
    const measured = async (texts: readonly LabelledText[], head: 'sentiment' | 'topic'): Promise<Metrics> => {
      const names = head === 'topic' ? classifier.labels.topics : SENTIMENTS;
      const own = texts.filter((text) => text.part === part);
      const scores = await classifier.classify(own);
      return measureProbabilities(
        scores.map((score) => probabilitiesOf(score, head, names)),
        own.map(({ label }) => label),
        names,
      );
    };
    const byFile: Record<string, Metrics> = {};
    for (const [file, texts] of Map.groupBy(data.sentiment, ({ file }) => file))
      byFile[file] = await measured(texts, 'sentiment');
    return {
      topic: await measured(data.topic, 'topic'),
      sentiment: await measured(data.sentiment, 'sentiment'),
      sentimentByFile: byFile,
      entity: await measured(data.entity, 'sentiment'),
    };
  } finally {
    await classifier.close();
  }
}
