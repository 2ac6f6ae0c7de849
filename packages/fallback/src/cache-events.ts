import type { EventBase, HoldfastEvent, OutcomeKind } from '@holdfast/core';
import type { StoreOperation } from './store-access.ts';

/** What every event of a cache says. */
export interface OfCache extends EventBase {
  readonly policy: string;
  readonly key: string;
}

declare module '@holdfast/core' {
  interface HoldfastEvents {
    /** Answered with a fresh entry, so old. */
    'cache.hit': OfCache & { readonly ageMs: number };
    /** There was no fresh answer, and the call goes on to what is inside. */
    'cache.missed': OfCache;
    /**
     * Answered with an entry that is no longer fresh: while a newer one is fetched, or because the call ended with `error`, which
     * was classified as `kind`.
     */
    'cache.stale': OfCache & {
      readonly ageMs: number;
      readonly because: 'revalidating' | 'failed';
      readonly kind: OutcomeKind | undefined;
      readonly error: unknown;
    };
    /** A refresh in the background went well; `kept` unless the answer is not cacheable, or its key was deleted meanwhile. */
    'cache.revalidated': OfCache & { readonly ageMs: number; readonly kept: boolean };
    /** A refresh in the background failed; the stale entry, so old, is kept. */
    'cache.failed': OfCache & { readonly ageMs: number; readonly kind: OutcomeKind; readonly error: unknown };
    /** The store failed, or did not answer in time; the call goes on as if it were empty. */
    'cache.store_failed': OfCache & { readonly operation: StoreOperation; readonly error: unknown };
  }
}

export type CacheEvent = Extract<HoldfastEvent, { readonly type: `cache.${string}` }>;
