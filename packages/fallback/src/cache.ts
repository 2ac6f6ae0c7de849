import { DeadlineError, isHoldfastError, openDetachedCall, withoutStack } from '@holdfast/core';
import type { CallContext, Clock, Outcome, PolicyTraits, WrapperCall } from '@holdfast/core';
import { checkFixed, withChanges } from '@holdfast/core/options';
import { CacheLog } from './cache-log.ts';
import { Shelf } from './cache-shelf.ts';
import type { Cached, Filling } from './cache-shelf.ts';
import type { CacheEntry } from './cache-store.ts';
import { readKey } from './call-key.ts';
import type { StaleCache, StaleCacheSnapshot } from './stale-cache.ts';
import { FIXED, readStaleCache } from './stale-cache-options.ts';
import type { StaleCacheOptions, StaleCacheSettings } from './stale-cache-options.ts';
import { isPromise } from './store-access.ts';

type Inside = (call?: CallContext) => Promise<unknown>;

/** What `staleCache` makes. */
export class Cache implements StaleCache {
  readonly name: string;
  readonly clock: Clock;
  readonly #shelf: Shelf;
  readonly #log: CacheLog;
  readonly #revalidating = new Set<string>();
  #given: StaleCacheOptions;
  #settings: StaleCacheSettings;

  constructor(options: StaleCacheOptions) {
    const settings = readStaleCache(options);
    this.name = settings.name;
    this.clock = settings.clock;
    this.#given = { ...options };
    this.#settings = settings;
    this.#log = new CacheLog(this.name, this.clock);
    this.#shelf = new Shelf(settings, (operation, key, error) => this.#log.storeFailed(operation, key, error));
  }

  async run<T>(operation: (call?: CallContext) => Promise<T>, call: WrapperCall): Promise<T> {
    const key = readKey(this.name, this.#settings.keyOf, call);
    if (key === undefined) {
      this.#log.unkeyed();
      return await operation();
    }
    let entry = this.#shelf.read(key);
    if (isPromise(entry)) {
      const watched = this.#shelf.watch(key);
      entry = await entry; // never fails
      if (this.#shelf.unwatch(watched)) entry = undefined;
    }
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
    const answer = this.#shelf.answer(entry, call);
    if (answer === undefined) return undefined;
    if (freshness === 'fresh') this.#log.hit(key, ageMs, call);
    else {
      this.#log.stale(key, ageMs, call);
      if (!this.#revalidating.has(key)) void this.#revalidate(key, entry, operation, call);
    }
    return answer;
  }

  async #fetch(key: string, entry: CacheEntry | undefined, operation: Inside, call: WrapperCall): Promise<unknown> {
    const filling = this.#shelf.begin(key);
    this.#log.missed(key, call);
    try {
      const value = await operation();
      const outcome = call.innerOutcome!;
      this.#shelf.keep(filling, outcome, call);
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

  /**
   * For a failure, a refusal or a time-out inside; not for a key that was deleted meanwhile, nor for a mistake in the options of a
   * policy, which an answer would hide.
   */
  #answerForFailure({ fill }: Filling, entry: CacheEntry | undefined, outcome: Outcome, call: WrapperCall): Outcome | undefined {
    const { kind, error } = outcome;
    if (entry === undefined || fill.invalid || call.cancelled) return undefined;
    if (kind !== 'failure' && kind !== 'rejected' && kind !== 'stalled') return undefined;
    if (isHoldfastError(error, 'HOLDFAST_CONFIG')) return undefined;
    const ageMs = this.#shelf.ageMs(fill.key, entry);
    if (this.#shelf.freshness(ageMs, entry) === 'expired') return undefined;
    const answer = this.#shelf.answer(entry, call);
    if (answer !== undefined) this.#log.stale(fill.key, ageMs, call, outcome);
    return answer;
  }

  /** Ends well whatever happens: nobody waits for it. */
  async #revalidate(key: string, entry: CacheEntry, operation: Inside, call: WrapperCall): Promise<void> {
    const filling = this.#shelf.begin(key);
    const run = openDetachedCall(call);
    this.#revalidating.add(key);
    this.#log.revalidating();
    const { revalidateTimeoutMs } = this.#settings;
    run.limit(revalidateTimeoutMs, () => withoutStack(() => new DeadlineError(this.name, revalidateTimeoutMs)));
    await run.begin(operation).then(undefined, () => {}); // how it ended is read below
    run.close();
    this.#revalidating.delete(key);
    const outcome = run.innerOutcome!;
    const kept = this.#shelf.keep(filling, outcome, run);
    this.#shelf.end(filling);
    this.#log.revalidated(key, this.#shelf.ageMs(key, entry), run, outcome, kept);
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
      ...this.#log.counts,
      revalidating: this.#revalidating.size,
    };
  }

  /** A `store` may take its time before anything is begun; whether it answers at once is not known. */
  traits(): PolicyTraits {
    const { store, storeTimeoutMs, staleIfErrorMs } = this.#settings;
    return { ...(store === undefined ? {} : { waitMs: storeTimeoutMs }), ...(staleIfErrorMs === 0 ? {} : { answerMs: 0 }) };
  }

  prepareUpdate(options: object): () => void {
    const given = withChanges(this.name, this.#given, options);
    const settings = readStaleCache(given);
    checkFixed(this.name, this.#settings, settings, FIXED);
    return () => {
      this.#given = given;
      this.#settings = settings;
      this.#shelf.update(settings);
    };
  }
}
