import { z } from 'zod';
import { readDeadLetters } from '../../pipelines/dead-letter.ts';
import { foldLog } from '../../pipelines/fold-log.ts';
import type { Storage } from './storage.ts';

/** What a replay came to. `lines` = `articles` + `duplicates` + `deadLettered`. */
export interface ReplaySummary {
  /** Rows of the files. */
  readonly lines: number;
  /** Articles that were new to the folder. */
  readonly articles: number;
  /** Rows of an article that came before, or that were united with the row before. */
  readonly duplicates: number;
  readonly stories: number;
  readonly late: number;
  readonly deadLettered: number;
  readonly alerts: number;
  /** Of this run. */
  readonly articlesPerSecond: number;
}

const holding = z.object({
  articles: z.number(),
  stories: z.number(),
  late: z.number(),
  deadLettered: z.number(),
  alerts: z.number(),
});

/** What a folder holds when nothing is running. */
export type Holding = z.infer<typeof holding>;

export async function holdingOf({ log, trends, states }: Storage): Promise<Holding> {
  const { counters } = (await foldLog(log, states)).state;
  return {
    articles: await trends.count('article'),
    stories: await trends.count('story'),
    late: counters.late,
    deadLettered: (await readDeadLetters(log)).length,
    alerts: await trends.count('alert'),
  };
}

/** What the folder held when this replay first began there: one that was interrupted counts as a whole. */
export async function holdingBefore(storage: Storage, name: string): Promise<Holding> {
  const key = `replay/${name}/before`;
  const kept = await storage.states.get(key);
  if (kept !== undefined) return holding.parse(JSON.parse(kept.value));
  const before = await holdingOf(storage);
  await storage.states.put(key, JSON.stringify(before));
  return before;
}

export function summarise(lines: number, before: Holding, after: Holding, articlesPerSecond: number): ReplaySummary {
  const articles = after.articles - before.articles;
  const deadLettered = after.deadLettered - before.deadLettered;
  return {
    lines,
    articles,
    duplicates: lines - articles - deadLettered,
    stories: after.stories - before.stories,
    late: after.late - before.late,
    deadLettered,
    alerts: after.alerts - before.alerts,
    articlesPerSecond,
  };
}

export function describeSummary(summary: ReplaySummary): string {
  const { lines, articles, duplicates, stories, late, deadLettered, alerts, articlesPerSecond } = summary;
  return [
    `${lines} lines: ${articles} articles, ${duplicates} duplicates, ${deadLettered} dead-lettered`,
    `${stories} stories, ${late} late articles, ${alerts} alerts`,
    `${articlesPerSecond} articles a second`,
  ].join('\n');
}
