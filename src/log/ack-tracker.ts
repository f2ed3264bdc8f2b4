/**
 * Follows the deliveries of one partition and knows how far its position may move: over everything acknowledged, up to
 * the first record that is not.
 */
export class AckTracker {
  #next: number;
  /** Offsets in flight or acknowledged beyond a gap, in delivery order, from `#head` on. */
  #offsets: number[] = [];
  #acked: boolean[] = [];
  #head = 0;
  readonly #indexOf = new Map<number, number>();
  #base = 0;

  constructor(position: number) {
    this.#next = position;
  }

  /** The offset to resume from. */
  get position(): number {
    return this.#next;
  }

  delivered(offset: number): void {
    this.#indexOf.set(offset, this.#base + this.#offsets.length);
    this.#offsets.push(offset);
    this.#acked.push(false);
  }

  /** True when the position moved. A second acknowledgement, or one of an unknown offset, changes nothing. */
  acknowledge(offset: number): boolean {
    const index = this.#indexOf.get(offset);
    if (index === undefined) return false;
    this.#acked[index - this.#base] = true;
    const before = this.#next;
    while (this.#head < this.#offsets.length && this.#acked[this.#head] === true) {
      const done = this.#offsets[this.#head] as number;
      this.#indexOf.delete(done);
      this.#next = done + 1;
      this.#head += 1;
    }
    if (this.#head > 1024) this.#compact();
    return this.#next !== before;
  }

  #compact(): void {
    this.#offsets = this.#offsets.slice(this.#head);
    this.#acked = this.#acked.slice(this.#head);
    this.#base += this.#head;
    this.#head = 0;
  }
}
