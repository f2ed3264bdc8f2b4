import { Observable, type OperatorFunction } from 'rxjs';

/**
 * Works on everything that arrived while it was busy, at most `max` items at once and one call at a time, in order. So calls
 * are small when there is little to do and large when they fall behind: durable writes share one commit, with no timer to
 * wait for. What may pile up is bounded by the permits of the `pull` above it.
 */
export function whenFree<T, R>(work: (items: readonly T[]) => Promise<R>, max: number): OperatorFunction<T, R> {
  return (source) =>
    new Observable((subscriber) => {
      let waiting: T[] = [];
      let busy = false;
      let completed = false;
      const run = async (): Promise<void> => {
        while (waiting.length > 0 && !subscriber.closed) {
          const items = waiting.slice(0, max);
          waiting = waiting.slice(max);
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
