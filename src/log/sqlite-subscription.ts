import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { guarded } from '../sqlite/database.ts';
import { AckTracker } from './ack-tracker.ts';
import type { Delivery, SubscribeOptions, Subscription, Topic } from './port.ts';
import type { SqliteLogFile } from './sqlite.ts';

/** A member that has not renewed its lease for this long has lost it. */
const LEASE_MS = 10_000;
const RENEW_MS = 2_500;
/** How soon an append by another process is noticed; appends of this process are noticed at once. */
const POLL_MS = 50;
const COMMIT_MS = 100;

/**
 * A group's reader. The group's row in `member` is a lease: its owner reads, the others stand by. A lease whose owner was
 * a process of this host that no longer runs is free at once, others when they expire.
 */
export class SqliteSubscription implements Subscription {
  readonly #file: SqliteLogFile;
  readonly #topic: Topic;
  readonly #group: string;
  readonly #options: SubscribeOptions;
  readonly #onClose: () => void;
  readonly #owner = `${hostname()}:${process.pid}:${randomUUID()}`;
  #closed = false;
  /** Present while this member holds the lease. */
  #tracker: AckTracker | undefined;
  #cursor = 0;
  #committed = -1;
  #commitTimer: NodeJS.Timeout | undefined;
  #renewTimer: NodeJS.Timeout | undefined;

  constructor(file: SqliteLogFile, topic: Topic, group: string, options: SubscribeOptions, onClose: () => void) {
    this.#file = file;
    this.#topic = topic;
    this.#group = group;
    this.#options = options;
    this.#onClose = onClose;
  }

  async next(max: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    while (!signal.aborted && !this.#closed) {
      const seen = this.#file.appended.seen;
      if (this.#tracker === undefined) await this.#join();
      const tracker = this.#tracker;
      if (tracker !== undefined) {
        const records = this.#file.select(this.#topic, this.#cursor, max);
        const last = records.at(-1);
        if (last !== undefined) {
          this.#cursor = last.offset + 1;
          return records.map((record) => {
            tracker.delivered(record.offset);
            return { record, ack: () => this.#ack(tracker, record.offset) };
          });
        }
      }
      await this.#file.appended.wait(seen, POLL_MS, signal);
    }
    return [];
  }

  async commit(): Promise<void> {
    clearTimeout(this.#commitTimer);
    this.#commitTimer = undefined;
    const tracker = this.#tracker;
    // A reader that began before the group's position (at its snapshot) does not move it back.
    if (tracker === undefined || tracker.position <= this.#committed) return;
    const position = tracker.position;
    // The owner's name in the condition is the fence: a member that lost its lease moves nobody's position.
    const changes = await this.#update('UPDATE member SET next = ? WHERE topic = ? AND grp = ? AND owner = ?', position);
    if (changes === 0) this.#leave();
    else this.#committed = position;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.commit();
      if (this.#tracker !== undefined) await this.#release();
    } finally {
      this.#leave();
      this.#onClose();
      this.#file.appended.wake();
    }
  }

  #ack(tracker: AckTracker, offset: number): void {
    // After a lost lease the records belong to another member: this acknowledgement is void.
    if (tracker !== this.#tracker || !tracker.acknowledge(offset)) return;
    this.#commitTimer ??= setTimeout(() => {
      // An error of the timer's commit comes back at the next one, or at close, whose caller hears it.
      this.commit().catch(() => undefined);
    }, COMMIT_MS);
  }

  async #join(): Promise<void> {
    const position = await this.#acquire();
    if (position === undefined) return;
    if (this.#closed) return this.#release(); // closed while it was waiting
    const start = (await this.#startAt()) ?? position;
    this.#tracker = new AckTracker(start);
    this.#cursor = start;
    this.#committed = position;
    this.#renewTimer = setInterval(() => void this.#renew(), RENEW_MS);
    this.#renewTimer.unref();
  }

  async #startAt(): Promise<number | undefined> {
    try {
      return await this.#options.startAt?.(0);
    } catch (error) {
      await this.#release(); // this reader fails; another need not wait for the lease to run out
      throw error;
    }
  }

  /** The group's position when the lease was free, expired, or held by a process that is gone. */
  async #acquire(): Promise<number | undefined> {
    const { db, path, clock, writer } = this.#file;
    const now = clock.now();
    const read = () =>
      guarded(path, () =>
        db.prepare('SELECT owner, expires_at, next FROM member WHERE topic = ? AND grp = ?').get(this.#topic, this.#group),
      );
    const seen = read();
    if (seen !== undefined && Number(seen.expires_at) > now && !isGone(String(seen.owner))) return undefined;
    const name = [this.#topic, this.#group];
    // Takes the lease as it was seen: of two that saw it free, the second changes nothing.
    const took = await writer.write(
      seen === undefined
        ? [{ sql: 'INSERT OR IGNORE INTO member VALUES (?, ?, ?, ?, 0)', rows: [[...name, this.#owner, now + LEASE_MS]] }]
        : [
            {
              sql: 'UPDATE member SET owner = ?, expires_at = ? WHERE topic = ? AND grp = ? AND owner = ? AND expires_at = ?',
              rows: [[this.#owner, now + LEASE_MS, ...name, String(seen.owner), Number(seen.expires_at)]],
            },
          ],
    );
    return took === 0 ? undefined : Number(read()?.next ?? 0);
  }

  async #renew(): Promise<void> {
    try {
      const changes = await this.#update(
        'UPDATE member SET expires_at = ? WHERE topic = ? AND grp = ? AND owner = ?',
        this.#file.clock.now() + LEASE_MS,
      );
      if (changes === 0) this.#leave();
    } catch {
      // The next renewal tries again; if none succeeds the lease runs out, and the fence in `commit` notices.
    }
  }

  async #release(): Promise<void> {
    await this.#update('UPDATE member SET expires_at = ? WHERE topic = ? AND grp = ? AND owner = ?', 0);
  }

  #update(sql: string, value: number): Promise<number> {
    return this.#file.writer.write([{ sql, rows: [[value, this.#topic, this.#group, this.#owner]] }]);
  }

  #leave(): void {
    clearInterval(this.#renewTimer);
    clearTimeout(this.#commitTimer);
    this.#tracker = undefined;
  }
}

function isGone(owner: string): boolean {
  const [host, pid] = owner.split(':');
  if (host !== hostname() || Number(pid) === process.pid) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
