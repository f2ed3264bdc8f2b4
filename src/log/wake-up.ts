/** Lets waiters sleep until something happened. A wake-up before the wait is not lost when `seen` is taken first. */
export class WakeUp {
  #count = 0;
  readonly #waiters = new Set<() => void>();

  get seen(): number {
    return this.#count;
  }

  wake(): void {
    this.#count += 1;
    for (const waiter of this.#waiters) waiter();
    this.#waiters.clear();
  }

  /** Resolves at the next wake-up after `seen`, on abort, or after `timeoutMs`, whichever is first. Never rejects. */
  wait(seen: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (seen !== this.#count || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      signal.addEventListener('abort', done, { once: true });
      this.#waiters.add(done);
    });
  }
}
