import { DeadlineError, hub, openDetachedCall, Outcome, publish, withoutStack } from '@holdfast/core';
import type { CallContext, Clock, PolicyTraits, WrapperCall } from '@holdfast/core';
import type { OfCache } from './cache-events.ts';
import { Shelf } from './cache-shelf.ts';
import type { Cached, Filling } from './cache-shelf.ts';
import type { CacheEntry } from './cache-store.ts';
import { readKey } from './call-key.ts';
import type { StaleCache, StaleCacheSnapshot } from './stale-cache.ts';
import { changedStaleCache, readStaleCache } from './stale-cache-options.ts';
import type { StaleCacheOptions, StaleCacheSettings } from './stale-cache-options.ts';
import { isPromise } from './store-access.ts';

type Inside = (call?: CallContext) => Promise<unknown>;

/** What `staleCache` makes. */
export class Cache implements StaleCache {
  readonly name: string;
  readonly clock: Clock;
  readonly #shelf: Shelf;
  readonly #revalidating = new Set<string>();
  #given: StaleCacheOptions;
  #settings: StaleCacheSettings;
  #hits = 0;
  #stale = 0;
  #misses = 0;
  #revalidations = 0;
  #revalidationsFailed = 0;
  #storeFailures = 0;

  constructor(options: StaleCacheOptions) {
    const settings = readStaleCache(options);
    this.name = settings.name;
    this.clock = settings.clock;
    this.#given = { ...options };
    this.#settings = settings;
    this.#shelf = new Shelf(settings, (operation, key, error) => {
      this.#storeFailures++;
      if (hub.active) publish({ type: 'cache.store_failed', ...this.#facts(key), operation, error });
    });
  }

  async run<T>(operation: (call?: CallContext) => Promise<T>, call: WrapperCall): Promise<T> {
    const key = readKey(this.name, this.#settings.keyOf, call);
    if (key === undefined) return await operation();
    const found = this.#shelf.read(key);
    const entry = isPromise(found) ? await found : found;
    if (call.cancelled) throw call.reason;
    const answer = entry === undefined ? undefined : this.#answerAtOnce(key, entry, operation, call);
    if (answer !== undefined) return answer.value as T;
    return (await this.#fetch(key, entry, operation, call)) as T;
  }

  #answerAtOnce(key: string, entry: CacheEntry, operation: Inside, call: WrapperCall): Outcome | undefined {
    const ageMs = this.#shelf.ageMs(key, entry);
    const freshness = this.#shelf.freshness(ageMs, entry);
    if (freshness === 'expired') this.#shelf.memory?.delete(key);
    if (freshness !== 'fresh' && freshness !== 'revalidate') return undefined;
    const answer = this.#answerOf(entry, call);
    if (answer === undefined) return undefined;
    if (freshness === 'fresh') {
      this.#hits++;
      if (hub.active) publish({ type: 'cache.hit', ...this.#facts(key, call), ageMs });
    } else {
      this.#tellStale(key, ageMs, undefined, call);
      if (!this.#revalidating.has(key)) void this.#revalidate(key, entry, operation, call);
    }
    return answer;
  }

  async #fetch(key: string, entry: CacheEntry | undefined, operation: Inside, call: WrapperCall): Promise<unknown> {
    this.#misses++;
    if (hub.active) publish({ type: 'cache.missed', ...this.#facts(key, call) });
    const filling = this.#shelf.begin(key);
    try {
      const value = await operation();
      const outcome = call.innerOutcome!;
      this.#keep(filling, outcome, call);
      const answer = this.#answerForFailure(filling, entry, outcome, call);
      return answer === undefined ? value : answer.value;
    } catch (error) {
      const answer = this.#answerForFailure(filling, entry, call.innerOutcome!, call);
      if (answer === undefined) throw error;
      return answer.value;
    } finally {
      this.#shelf.end(filling);
    }
  }

  /** For a failure, a refusal or a time-out inside; not for a key that was deleted meanwhile. */
  #answerForFailure({ fill }: Filling, entry: CacheEntry | undefined, outcome: Outcome, call: WrapperCall): Outcome | undefined {
    const { kind } = outcome;
    if (entry === undefined || fill.invalid || call.cancelled) return undefined;
    if (kind !== 'failure' && kind !== 'rejected' && kind !== 'stalled') return undefined;
    const ageMs = this.#shelf.ageMs(fill.key, entry);
    if (this.#shelf.freshness(ageMs, entry) === 'expired') return undefined;
    const answer = this.#answerOf(entry, call);
    if (answer !== undefined) this.#tellStale(fill.key, ageMs, outcome, call);
    return answer;
  }

  /** Ends well whatever happens: nobody waits for it. */
  async #revalidate(key: string, entry: CacheEntry, operation: Inside, call: WrapperCall): Promise<void> {
    const filling = this.#shelf.begin(key);
    const run = openDetachedCall(call);
    this.#revalidating.add(key);
    this.#revalidations++;
    const { revalidateTimeoutMs } = this.#settings;
    run.limit(revalidateTimeoutMs, () => withoutStack(() => new DeadlineError(this.name, revalidateTimeoutMs)));
    await run.begin(operation).then(undefined, () => {}); // how it ended is read below
    run.close();
    this.#revalidating.delete(key);
    const outcome = run.innerOutcome!;
    const kept = this.#keep(filling, outcome, run);
    this.#shelf.end(filling);
    const { kind, error, threw } = outcome;
    const failed = threw || kind === 'failure';
    if (failed) this.#revalidationsFailed++;
    if (!hub.active) return;
    const facts = { ...this.#facts(key, run), ageMs: this.#shelf.ageMs(key, entry) };
    publish(failed ? { type: 'cache.failed', ...facts, kind, error } : { type: 'cache.revalidated', ...facts, kept });
  }

  /** Keeps an answer that counts as a success, if it may be kept. */
  #keep(filling: Filling, { kind, threw, value }: Outcome, call: WrapperCall): boolean {
    if (threw || (kind !== 'success' && kind !== 'slow')) return false;
    try {
      const { cacheable, clone } = this.#settings;
      return cacheable(value, call) && this.#shelf.keep(filling, clone === undefined ? value : clone(value));
    } catch (error) {
      this.#fault(error, call);
      return false;
    }
  }

  /** The call ends with it as with a success; unless no copy can be made of it. */
  #answerOf({ value }: CacheEntry, call: WrapperCall): Outcome | undefined {
    const { clone } = this.#settings;
    try {
      call.innerOutcome = Outcome.returned(clone === undefined ? value : clone(value));
      return call.innerOutcome;
    } catch (error) {
      this.#fault(error, call);
      return undefined;
    }
  }

  #tellStale(key: string, ageMs: number, outcome: Outcome | undefined, call: WrapperCall): void {
    this.#stale++;
    call.note(this.name, 'answered', 'stale', ageMs);
    if (!hub.active) return;
    const { kind, error } = outcome ?? {};
    const because = outcome === undefined ? 'revalidating' : 'failed';
    publish({ type: 'cache.stale', ...this.#facts(key, call), ageMs, because, kind, error });
  }

  #fault(error: unknown, { id: callId, pipeline }: WrapperCall): void {
    if (hub.active) publish({ type: 'policy.faulted', at: this.clock.now(), callId, pipeline, policy: this.name, error });
  }

  #facts(key: string, call?: WrapperCall): OfCache {
    const of = call === undefined ? {} : { callId: call.id, pipeline: call.pipeline };
    return { at: this.clock.now(), ...of, policy: this.name, key };
  }

  peek(key: string): Promise<Cached | undefined> {
    return this.#shelf.peek(key);
  }

  delete(key: string): Promise<void> {
    return this.#shelf.delete(key);
  }

  clear(): Promise<void> {
    return this.#shelf.clear();
  }

  snapshot(): StaleCacheSnapshot {
    const { memory } = this.#shelf;
    return {
      policy: this.name,
      kind: 'staleCache',
      ...(memory === undefined ? {} : { entries: memory.entries, bytes: memory.bytes }),
      hits: this.#hits,
      stale: this.#stale,
      misses: this.#misses,
      revalidating: this.#revalidating.size,
      revalidations: this.#revalidations,
      revalidationsFailed: this.#revalidationsFailed,
      storeFailures: this.#storeFailures,
    };
  }

  /** A `store` may take its time before anything is begun; whether it answers at once is not known. */
  traits(): PolicyTraits {
    const { store, storeTimeoutMs, staleIfErrorMs } = this.#settings;
    return { ...(store === undefined ? {} : { waitMs: storeTimeoutMs }), ...(staleIfErrorMs === 0 ? {} : { answerMs: 0 }) };
  }

  prepareUpdate(options: Partial<StaleCacheOptions>): () => void {
    const given = changedStaleCache(this.#given, options);
    const settings = readStaleCache(given);
    return () => {
      this.#given = given;
      this.#settings = settings;
      this.#shelf.update(settings);
    };
  }
}
