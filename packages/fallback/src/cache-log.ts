import { hub, publish } from '@holdfast/core';
import type { Clock, Outcome, PolicyCall } from '@holdfast/core';
import type { OfCache } from './cache-events.ts';
import type { StaleCacheSnapshot } from './stale-cache.ts';
import type { StoreOperation } from './store-access.ts';

type Counts = Pick<
  StaleCacheSnapshot,
  'hits' | 'stale' | 'misses' | 'unkeyed' | 'revalidations' | 'revalidationsFailed' | 'storeFailures'
>;

/** Tells what a cache does, and counts it. */
export class CacheLog {
  readonly #policy: string;
  readonly #clock: Clock;
  readonly #counts: { -readonly [Name in keyof Counts]: number } = {
    hits: 0,
    stale: 0,
    misses: 0,
    unkeyed: 0,
    revalidations: 0,
    revalidationsFailed: 0,
    storeFailures: 0,
  };

  constructor(policy: string, clock: Clock) {
    this.#policy = policy;
    this.#clock = clock;
  }

  get counts(): Counts {
    return { ...this.#counts };
  }

  unkeyed(): void {
    this.#counts.unkeyed++;
  }

  hit(key: string, ageMs: number, call: PolicyCall): void {
    this.#counts.hits++;
    if (hub.active) publish({ type: 'cache.hit', ...this.#facts(key, call), ageMs });
  }

  missed(key: string, call: PolicyCall): void {
    this.#counts.misses++;
    if (hub.active) publish({ type: 'cache.missed', ...this.#facts(key, call) });
  }

  /** @param outcome what was answered for; absent while a newer answer is fetched. */
  stale(key: string, ageMs: number, call: PolicyCall, outcome?: Outcome): void {
    this.#counts.stale++;
    call.note(this.#policy, 'answered', 'stale', ageMs);
    if (!hub.active) return;
    const { kind, error } = outcome ?? {};
    const because = outcome === undefined ? 'revalidating' : 'failed';
    publish({ type: 'cache.stale', ...this.#facts(key, call), ageMs, because, kind, error });
  }

  revalidating(): void {
    this.#counts.revalidations++;
  }

  /** @param ageMs of what is kept until then. */
  revalidated(key: string, ageMs: number, run: PolicyCall, { kind, error, threw }: Outcome, kept: boolean): void {
    const failed = threw || kind === 'failure';
    if (failed) this.#counts.revalidationsFailed++;
    if (!hub.active) return;
    const facts = { ...this.#facts(key, run), ageMs };
    publish(failed ? { type: 'cache.failed', ...facts, kind, error } : { type: 'cache.revalidated', ...facts, kept });
  }

  storeFailed(operation: StoreOperation, key: string, error: unknown): void {
    this.#counts.storeFailures++;
    if (hub.active) publish({ type: 'cache.store_failed', ...this.#facts(key), operation, error });
  }

  #facts(key: string, call?: PolicyCall): OfCache {
    const of = call === undefined ? {} : { callId: call.id, pipeline: call.pipeline };
    return { at: this.#clock.now(), ...of, policy: this.#policy, key };
  }
}
