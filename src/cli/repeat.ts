/** Does something now and then again and again, one time after the other, until it is closed; `close` waits for the last one. */
export function repeat(
  everyMs: number,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): { close(): Promise<void> } {
  let pending = Promise.resolve();
  const again = (): void => {
    pending = pending.then(work).catch(onError);
  };
  again();
  const timer = setInterval(again, everyMs);
  return {
    close: async () => {
      clearInterval(timer);
      await pending;
    },
  };
}
