import { concatMap, map, type OperatorFunction } from 'rxjs';

/**
 * Starts the work for every item as it arrives and gives the results in the items' order. How many run at once is bounded
 * by the permits of the `pull` above it.
 */
export function inOrder<T, R>(work: (item: T) => Promise<R>): OperatorFunction<T, R> {
  return (source) =>
    source.pipe(
      map((item) => {
        const result = work(item);
        // Heard by concatMap when its turn comes; until then a rejection is not unhandled.
        result.catch(() => undefined);
        return result;
      }),
      concatMap((result) => result),
    );
}
