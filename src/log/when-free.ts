import { Observable, type OperatorFunction } from 'rxjs';

/**
 * Works on everything that arrived while it was busy, items of a weight of `max` at once, at least one, and one call at a time, in order. So calls
 * are small when there is little to do and large when they fall behind: durable writes share one commit, with no timer to
 * wait for. What may pile up is bounded by the permits of the `pull` above it.
 */
export function whenFree<T, R>(
  work: (items: readonly T[]) => Promise<R>,
  max: number,
  weigh: (item: T) => number = () => 1,
): OperatorFunction<T, R> {
  return (source) =>
    new Observable((subscriber) => {
      const waiting: T[] = [];
      let busy = false;
      let completed = false;
      const run = async (): Promise<void> => {
        while (waiting.length > 0 && !subscriber.closed) {
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
          start();
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => {
          completed = true;
          if (!busy) subscriber.complete();
        },
      });
      return () => subscription.unsubscribe();
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
