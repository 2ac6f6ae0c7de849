import type { Clock, PolicyTraits, Wrapper } from '@holdfast/core';
import { Cache } from './cache.ts';
import type { Cached } from './cache-shelf.ts';
import type { StaleCacheOptions } from './stale-cache-options.ts';

export interface StaleCacheSnapshot {
  readonly policy: string;
  readonly kind: 'staleCache';
  /** Kept in memory, expired ones included; absent where there is a store. */
  readonly entries?: number;
  readonly bytes?: number;
  /** Calls answered with a fresh entry, */
  readonly hits: number;
  /** calls answered with a stale one, */
  readonly stale: number;
  /** calls that went on to what is inside, be they answered with a stale entry in the end, */
  readonly misses: number;
  /** and calls that had no key, and passed through. */
  readonly unkeyed: number;
  /** Refreshes in the background under way, */
  readonly revalidating: number;
  /** begun so far, */
  readonly revalidations: number;
  /** and failed. */
  readonly revalidationsFailed: number;
  readonly storeFailures: number;
}

/** @typeParam T what the operations answer with, where an option said so. */
export interface StaleCache<T = unknown> extends Wrapper {
  readonly name: string;
  readonly clock: Clock;
  /** What is kept for a key, of use or not; does not count as use. Rejects if the store fails. */
  peek(key: string): Promise<Cached<T> | undefined>;
  /**
   * Forgets a key, as after a write; in memory before it returns. What runs for it in this process already is not kept any more, nor
   * answered for; what a call is reading from the store is not used. Rejects if the store fails: then the key may not be forgotten.
   */
  delete(key: string): Promise<void>;
  /** Forgets all keys, likewise; rejects with a ConfigError if the store cannot. */
  clear(): Promise<void>;
  snapshot(): StaleCacheSnapshot;
  traits(): PolicyTraits;
  /**
   * Checks new options, and returns what puts them in effect. New windows and jitter hold for what is kept already; with less room,
   * what was used least recently goes at once. `name`, `keyOf`, `clone`, `sizeOf`, `store`, `clock` and `random` cannot change.
   */
  prepareUpdate<U = T>(options: Partial<StaleCacheOptions<U>>): () => void;
}

/**
 * Keeps answers, and answers with them: while they are fresh in place of a call; for a while after that at once, and fetches a newer
 * one in the background; for a while after that if the call fails. Outermost in a pipeline, for a limit outside of it ends its
 * answers, too, and what is refused or timed out inside is what it answers for.
 *
 * Kept is what counts as a success, and nothing else: no failure, no refusal, nothing ignored. The caller's own abort is not answered
 * for, nor what was classified `ignored`: "not found" is an answer, and an old one would hide it; nor a `ConfigError`, such as of a
 * policy inside whose `keyOf` fails, for that is a mistake to be seen.
 *
 * At most one refresh of a key is under way. It outlives the call it was begun for, passes through what is inside the cache, and fails
 * quietly, with an event. Calls that find nothing run each for itself: put a `singleFlight` inside to make them one.
 *
 * An answer's age counts from when its run began, for it cannot be known to be younger. Of runs in this process that overlap, the
 * answer of the one that began last is kept, whichever ends last.
 *
 * Not promised: that answers do not get lost, for room is bounded; that another process's deletions reach a run under way here; that
 * an answer found by a key is one for this caller, which is up to the key.
 * @throws {ConfigError} for options that cannot be.
 * @see RFC 5861, HTTP Cache-Control Extensions for Stale Content
 */
export function staleCache<T = unknown>(options: StaleCacheOptions<T>): StaleCache<T> {
  return new Cache(options as StaleCacheOptions) as StaleCache<T>;
}
