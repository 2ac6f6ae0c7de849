import { Alarm } from '@holdfast/core';
import type { Clock } from '@holdfast/core';
import { isEntry } from './cache-store.ts';
import type { CacheEntry, CacheStore } from './cache-store.ts';

export type StoreOperation = 'get' | 'set' | 'now';

/** Told when the store failed; nothing else comes of it. */
export type StoreFailed = (operation: StoreOperation, key: string, error: unknown) => void;

/** A store as calls use it: it answers within its time or counts as empty, and never fails. */
export class StoreAccess {
  timeoutMs: number;
  readonly #store: CacheStore;
  readonly #clock: Clock;
  readonly #failed: StoreFailed;

  constructor(store: CacheStore, clock: Clock, timeoutMs: number, failed: StoreFailed) {
    this.timeoutMs = timeoutMs;
    this.#store = store;
    this.#clock = clock;
    this.#failed = failed;
  }

  /** At once if the store answers at once. */
  read(key: string): CacheEntry | undefined | Promise<CacheEntry | undefined> {
    try {
      const found = this.#store.get(key);
      return isPromise(found) ? this.#readLater(key, found) : this.#checked(key, found);
    } catch (error) {
      this.#failed('get', key, error);
      return undefined;
    }
  }

  /** Waits for nothing. */
  write(key: string, entry: CacheEntry, usableMs: number): void {
    const failed = (error: unknown): void => this.#failed('set', key, error);
    try {
      const writing = this.#store.set(key, entry, usableMs);
      if (isPromise(writing)) writing.then(undefined, failed);
    } catch (error) {
      failed(error);
    }
  }

  /** The time entries are dated by; `NaN` if the store cannot tell. */
  now(key: string): number {
    if (this.#store.now === undefined) return this.#clock.turnNow();
    try {
      return this.#store.now();
    } catch (error) {
      this.#failed('now', key, error);
      return Number.NaN;
    }
  }

  /** The answer, or a rejection when it takes too long; what comes later is dropped quietly. */
  within<T>(pending: T | PromiseLike<T>): Promise<T> {
    const clock = this.#clock;
    return new Promise<T>((resolve, reject) => {
      const alarm = new Alarm((stalled) => {
        // The loop was blocked, not the store: it gets its time once more.
        if (stalled) clock.arm(alarm, this.timeoutMs);
        else reject(new Error(`the store did not answer within ${this.timeoutMs} ms`));
      });
      clock.arm(alarm, this.timeoutMs);
      const done = (): void => clock.disarm(alarm);
      const answer = Promise.resolve(pending);
      answer.then(done, done);
      answer.then(resolve, reject);
    });
  }

  async #readLater(key: string, found: PromiseLike<unknown>): Promise<CacheEntry | undefined> {
    try {
      return this.#checked(key, await this.within(found));
    } catch (error) {
      this.#failed('get', key, error);
      return undefined;
    }
  }

  #checked(key: string, found: unknown): CacheEntry | undefined {
    if (found === undefined || found === null) return undefined;
    if (isEntry(found)) return found;
    this.#failed('get', key, new TypeError('the store answered with something that is no entry'));
    return undefined;
  }
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
