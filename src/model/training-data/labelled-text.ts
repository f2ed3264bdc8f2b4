export const PARTS = ['train', 'validation', 'test'] as const;
export type Part = (typeof PARTS)[number];

/** Order of the sentiment head's classes. */
export const SENTIMENTS = ['negative', 'neutral', 'positive'] as const;

/** A text, or a text and an entity in it, with the index of its class, from one row of one file. */
export interface LabelledText {
  readonly text: string;
  /** Whom a sentiment is about, as the text calls it. */
  readonly entity?: string;
  readonly head: 'sentiment' | 'topic';
  readonly label: number;
  readonly part: Part;
  readonly file: string;
  /** From 0. */
  readonly row: number;
}

/** What is measured apart: topics, the sentiment of texts, the sentiment towards entities. */
export const TASKS = ['topic', 'sentiment', 'entity'] as const;
export type Task = (typeof TASKS)[number];

export function taskOf({ head, entity }: Pick<LabelledText, 'head' | 'entity'>): Task {
  return head === 'topic' ? 'topic' : entity === undefined ? 'sentiment' : 'entity';
}
