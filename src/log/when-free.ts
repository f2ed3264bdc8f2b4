import { Observable, type OperatorFunction } from 'rxjs';

export interface WhenFreeOptions<T> {
  /** Weight of the items of one call, which has one at least. */
  readonly max: number;
  /** 1 for each item if absent. */
  readonly weigh?: (item: T) => number;
  /**
   * From the beginning of one call to that of the next, in milliseconds, unless a full one waits or nothing more comes. An item that
   * comes after a while is worked on at once; 0 if absent.
   */
  readonly apartMs?: number;
}

/**
 * Works on everything that arrived while it was busy, one call at a time, in order. So calls are small when there is little to do and
 * large when they fall behind: durable writes share one commit. What may pile up is bounded by the permits of the `pull` above it.
 */
export function whenFree<T, R>(
  work: (items: readonly T[]) => Promise<R>,
  { max, weigh = () => 1, apartMs = 0 }: WhenFreeOptions<T>,
): OperatorFunction<T, R> {
  return (source) =>
    new Observable((subscriber) => {
      const waiting: T[] = [];
      let busy = false;
      let completed = false;
      let began = Number.NEGATIVE_INFINITY;
      let hurry: (() => void) | undefined;
      const isFull = (): boolean => waiting.reduce((weight, item) => weight + weigh(item), 0) >= max;
      const due = async (): Promise<void> => {
        const wait = began + apartMs - performance.now();
        if (wait <= 0 || completed || subscriber.closed || isFull()) return;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, wait);
          hurry = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        hurry = undefined;
      };
      const run = async (): Promise<void> => {
        while (waiting.length > 0) {
          await due();
          if (subscriber.closed) break;
          began = performance.now();
          const items = waiting.splice(0, countOf(waiting, max, weigh));
          subscriber.next(await work(items));
        }
        busy = false;
        if (completed) subscriber.complete();
      };
      const start = (): void => {
        if (busy) return;
        busy = true;
        // Items of one read arrive in one turn: let all of them come before the first call.
        setImmediate(() => run().catch((error: unknown) => subscriber.error(error)));
      };
      const subscription = source.subscribe({
        next: (item) => {
          waiting.push(item);
          if (hurry !== undefined && isFull()) hurry();
          start();
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => {
          completed = true;
          hurry?.();
          if (!busy) subscriber.complete();
        },
      });
      return () => {
        subscription.unsubscribe();
        hurry?.();
      };
    });
}

/** How many of the first items weigh no more than `max` together; at least one. */
function countOf<T>(items: readonly T[], max: number, weigh: (item: T) => number): number {
  let weight = 0;
  const over = items.findIndex((item) => {
    weight += weigh(item);
    return weight > max;
  });
  return over === -1 ? items.length : Math.max(1, over);
}
