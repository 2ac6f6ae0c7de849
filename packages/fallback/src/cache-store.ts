/** A kept answer. Plain data if the answer is, so that it can be sent and kept elsewhere. */
export interface CacheEntry {
  readonly value: unknown;
  /** When the run that gave it began, in milliseconds by the store's clock. */
  readonly storedAt: number;
  /** Where in the jitter it lies, from 0 to 1. */
  readonly spread: number;
}

/**
 * Where answers are kept. Each method may answer at once or with a promise; what it throws, rejects with, or does not answer within
 * `storeTimeoutMs` makes a miss and no failure.
 */
export interface CacheStore {
  /** `undefined` or `null` if there is none. */
  get(key: string): CacheEntry | null | undefined | PromiseLike<CacheEntry | null | undefined>;
  /** @param usableMs after so long no call can use it: for a store that lets entries expire by itself. May be `Infinity`. */
  set(key: string, entry: CacheEntry, usableMs: number): unknown;
  delete(key: string): unknown;
  /** Without it the cache cannot be cleared as a whole. */
  clear?(): unknown;
  /** As `get`, without counting as a use. */
  peek?(key: string): CacheEntry | null | undefined | PromiseLike<CacheEntry | null | undefined>;
  /**
   * Milliseconds by the clock that entries are dated by. A store that outlives the process or is shared between several must have it, for
   * what policies count by is only the age of one process; `() => Date.now()` will do as far as the machines' clocks agree.
   * @default the policy's own clock
   */
  now?(): number;
}

export function isEntry(found: unknown): found is CacheEntry {
  if (typeof found !== 'object' || found === null || !('value' in found)) return false;
  const { storedAt, spread } = found as Partial<CacheEntry>;
  return Number.isFinite(storedAt) && typeof spread === 'number' && spread >= 0 && spread <= 1;
}
