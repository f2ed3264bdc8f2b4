import { asyncScheduler, Observable, type OperatorFunction, type SchedulerLike, type Subscription } from 'rxjs';

export interface MicroBatchOptions<T> {
  /** A batch closes before its weight would pass this; one item alone may. */
  readonly maxWeight: number;
  readonly weigh: (item: T) => number;
  /** A batch closes this long after its first item. */
  readonly timeMs: number;
}

/**
 * Groups items into batches, never empty and in order, that close at a weight or after a time, whichever is first. No timer
 * runs while there is nothing to close. Completion closes the last batch; an error drops it (its items are delivered again).
 */
export function microBatch<T>(
  options: MicroBatchOptions<T>,
  scheduler: SchedulerLike = asyncScheduler,
): OperatorFunction<T, readonly T[]> {
  return (source) =>
    new Observable((subscriber) => {
      let batch: T[] = [];
      let weight = 0;
      let timer: Subscription | undefined;
      const close = (): void => {
        timer?.unsubscribe();
        timer = undefined;
        if (batch.length === 0) return;
        const closed = batch;
        batch = [];
        weight = 0;
        subscriber.next(closed);
      };
      const subscription = source.subscribe({
        next: (item) => {
          const itemWeight = options.weigh(item);
          if (weight + itemWeight > options.maxWeight) close();
          batch.push(item);
          weight += itemWeight;
          if (weight >= options.maxWeight) close();
          else timer ??= scheduler.schedule(close, options.timeMs);
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => {
          close();
          subscriber.complete();
        },
      });
      return () => {
        timer?.unsubscribe();
        subscription.unsubscribe();
      };
    });
}
