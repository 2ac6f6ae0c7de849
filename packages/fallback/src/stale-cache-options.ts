import { ConfigError } from '@holdfast/core';
import type { CallContext, Clock, Random } from '@holdfast/core';
import { aClock, aRandom, callback, count, durationMs, having, number, ratio, readOptions, text } from '@holdfast/core/options';
import type { OptionRule } from '@holdfast/core/options';
import type { CacheStore } from './cache-store.ts';
import { keyOfCall } from './call-key.ts';
import type { KeyOf } from './call-key.ts';
import type { Clone } from './copy.ts';
import { OVERHEAD_BYTES } from './memory-store.ts';

/** @typeParam T what the operations answer with, where an option is to know it; nobody checks that they do. */
export interface StaleCacheOptions<T = unknown> {
  /** Shown in errors, events and snapshots. @default 'staleCache' */
  readonly name?: string | undefined;
  /**
   * How long an answer is fresh, in milliseconds from when the run that gave it began; above 0, or `Infinity`. There is no default: how
   * old an answer may be is a fact about your data.
   */
  readonly ttlMs: number;
  /**
   * How long after that it is still answered with, in milliseconds, while a newer one is fetched in the background.
   * @default 0: whoever asks for what is not fresh waits for a fresh answer
   */
  readonly staleWhileRevalidateMs?: number | undefined;
  /**
   * How long after its `ttlMs` it is still answered with, in milliseconds, when there is no newer one because the call failed, was
   * refused or ran out of time inside the cache.
   * @default `ttlMs`: who takes an answer of that age for a fresh one would mostly rather have one of twice the age than none
   */
  readonly staleIfErrorMs?: number | undefined;
  /**
   * Takes a random share of up to this off each entry's `ttlMs`, from 0 to 1, so that what was stored together does not expire
   * together.
   * @default 0.1: spreads the refreshes of a cache filled at start over a tenth of the time, and costs 5 % more of them
   */
  readonly jitterRatio?: number | undefined;
  /**
   * What answers are kept by: all that they depend on, also who is asking where that matters. A call without a key passes through.
   * @default the call's own `key`
   */
  readonly keyOf?: KeyOf | undefined;
  /**
   * Whether a successful answer is kept: `true` or `false`, at once. Not asked about a failure, which never is. If it throws, or
   * answers with anything else, such as a promise, the answer is not kept (and it is reported as `policy.faulted`).
   * @default all but `undefined`, which is mostly the lack of an answer
   */
  readonly cacheable?: ((value: T, call: CallContext) => boolean) | undefined;
  /**
   * Makes the copy that is kept, and those that are given out, such as `structuredClone`; at once. What it fails to copy, or gives a
   * promise of, is not kept, or not given out (and it is reported as `policy.faulted`).
   * @default none: all get the very same value, which nobody must change
   */
  readonly clone?: Clone<T> | undefined;
  /** Longest a refresh in the background may take, in milliseconds; nobody who waits for it bounds it. @default 30_000 */
  readonly revalidateTimeoutMs?: number | undefined;
  /** Entries kept in memory, 1 or more; beyond it the one unused for longest goes. @default 1_000 */
  readonly maxEntries?: number | undefined;
  /**
   * What they may take in memory together, in bytes: each 128, two for each unit of its key, and what `sizeOf` says; 128 or more, for
   * less would hold nothing, or `Infinity`. One that is larger than that alone is not kept.
   * @default 50_000_000: a small share of the heap Node has by default, which thousand large answers would fill
   */
  readonly maxBytes?: number | undefined;
  /** Bytes an answer takes. @default a rough count of plain data, strings and buffers; private fields and native objects count as nothing */
  readonly sizeOf?: ((value: T) => number) | undefined;
  /** Keeps the answers in place of the memory of this process. The three options above are then its own affair. @default memory */
  readonly store?: CacheStore | undefined;
  /** Longest a call waits for a `store` that answers with a promise, in milliseconds; after it the answer is missing. @default 50: a cache slower than that is no help */
  readonly storeTimeoutMs?: number | undefined;
  /** Must be the pipeline's. @default the system's monotonic clock */
  readonly clock?: Clock | undefined;
  /** For the jitter; uniform in [0, 1). @default the system's */
  readonly random?: Random | undefined;
}

/** All options, read and consistent. */
export interface StaleCacheSettings {
  readonly name: string;
  readonly ttlMs: number;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  readonly jitterRatio: number;
  readonly keyOf: KeyOf;
  readonly cacheable: (value: unknown, call: CallContext) => boolean;
  readonly clone: Clone | undefined;
  readonly revalidateTimeoutMs: number;
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly sizeOf: ((value: unknown) => number) | undefined;
  readonly store: CacheStore | undefined;
  readonly storeTimeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

const POLICY = 'staleCache';
const positiveMs = <T>(fallback: T | number): OptionRule<T | number> => durationMs(fallback, { above: true, orInfinity: true });

const RULES = {
  name: text(POLICY),
  ttlMs: positiveMs<undefined>(undefined),
  staleWhileRevalidateMs: durationMs(0, { orInfinity: true }),
  staleIfErrorMs: durationMs<undefined>(undefined, { orInfinity: true }),
  jitterRatio: ratio(0.1),
  keyOf: callback<KeyOf>('(call) => string | undefined', keyOfCall),
  cacheable: callback<StaleCacheSettings['cacheable']>('(value, call) => boolean', (value) => value !== undefined),
  clone: callback<StaleCacheSettings['clone']>('(value) => value', undefined),
  revalidateTimeoutMs: positiveMs(30_000),
  maxEntries: count(1, 1_000),
  maxBytes: number({ min: OVERHEAD_BYTES, orInfinity: true }, 50_000_000),
  sizeOf: callback<StaleCacheSettings['sizeOf']>('(value) => bytes', undefined),
  store: having<CacheStore | undefined>('a store', ['get', 'set', 'delete'], undefined),
  storeTimeoutMs: positiveMs(50),
  clock: aClock,
  random: aRandom,
};

/** Of the memory of this process, which a store takes the place of. */
const OF_MEMORY = ['maxEntries', 'maxBytes', 'sizeOf'] as const;
/** What it was made by. */
export const FIXED = ['name', 'keyOf', 'clone', 'sizeOf', 'store', 'clock', 'random'] as const;

/** @throws {ConfigError} for options out of range, unknown, missing or at odds with each other. */
export function readStaleCache(options: StaleCacheOptions): StaleCacheSettings {
  const { ttlMs, staleIfErrorMs = ttlMs, ...settings } = readOptions(POLICY, options, RULES);
  const { name, store } = settings;
  if (ttlMs === undefined || staleIfErrorMs === undefined) throw new ConfigError(name, 'ttlMs', ttlMs, RULES.ttlMs.allowed);
  for (const option of OF_MEMORY) {
    if (store === undefined || options[option] === undefined) continue;
    throw new ConfigError(name, option, options[option], 'absent where there is a store, which has bounds of its own');
  }
  if (store === undefined && options.storeTimeoutMs !== undefined) {
    throw new ConfigError(name, 'storeTimeoutMs', options.storeTimeoutMs, 'absent without a store: memory answers at once');
  }
  return { ...settings, ttlMs, staleIfErrorMs };
}
