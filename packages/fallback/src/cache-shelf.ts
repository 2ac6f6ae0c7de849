import { ConfigError, Outcome, reportFault } from '@holdfast/core';
import type { WrapperCall } from '@holdfast/core';
import { yes } from '@holdfast/core/options';
import type { CacheEntry, CacheStore } from './cache-store.ts';
import { copyOf } from './copy.ts';
import { Fills } from './fills.ts';
import type { Fill } from './fills.ts';
import { freshness, longestUseMs } from './freshness.ts';
import type { Freshness } from './freshness.ts';
import { MemoryStore } from './memory-store.ts';
import type { StaleCacheSettings } from './stale-cache-options.ts';
import { StoreAccess } from './store-access.ts';
import type { StoreFailed } from './store-access.ts';

/** What a cache has for a key. */
export interface Cached<T = unknown> {
  readonly value: T;
  readonly ageMs: number;
  readonly freshness: Freshness;
}

/** A run that may bring an answer to be kept. */
export interface Filling {
  readonly fill: Fill;
  /** Its place among those it overlaps. */
  readonly number: number;
  /** When it began: no answer of it is younger. */
  readonly since: number;
}

/** The entries of a cache: what is kept and given out, where, how old it is, and which runs may add one. */
export class Shelf {
  /** Only where there is no store. */
  readonly memory: MemoryStore | undefined;
  readonly #store: CacheStore;
  readonly #access: StoreAccess;
  readonly #fills = new Fills();
  #settings: StaleCacheSettings;

  constructor(settings: StaleCacheSettings, failed: StoreFailed) {
    const { store, sizeOf, clock, storeTimeoutMs } = settings;
    this.memory = store === undefined ? new MemoryStore(settings, sizeOf) : undefined;
    this.#store = store ?? this.memory!;
    this.#access = new StoreAccess(this.#store, clock, storeTimeoutMs, failed);
    this.#settings = settings;
  }

  update(settings: StaleCacheSettings): void {
    this.#settings = settings;
    this.#access.timeoutMs = settings.storeTimeoutMs;
    this.memory?.resize(settings);
  }

  /** Never fails. At once if the store answers at once. */
  read(key: string): CacheEntry | undefined | Promise<CacheEntry | undefined> {
    return this.#access.read(key);
  }

  ageMs(key: string, { storedAt }: CacheEntry): number {
    return this.#access.now(key) - storedAt;
  }

  freshness(ageMs: number, { spread }: CacheEntry): Freshness {
    return freshness(ageMs, spread, this.#settings);
  }

  begin(key: string): Filling {
    const fill = this.#fills.begin(key);
    return { fill, number: fill.begun, since: this.#access.now(key) };
  }

  end({ fill }: Filling): void {
    this.#fills.end(fill);
  }

  /** Notices the deletion of a key while the store is asked for it. */
  watch(key: string): Fill {
    return this.#fills.begin(key);
  }

  /** Whether the key was deleted. */
  unwatch(fill: Fill): boolean {
    this.#fills.end(fill);
    return fill.invalid;
  }

  /** Keeps an answer that counts as a success, if it may be kept. */
  keep(filling: Filling, { kind, threw, value }: Outcome, call: WrapperCall): boolean {
    if (threw || (kind !== 'success' && kind !== 'slow')) return false;
    const { name, cacheable, clone } = this.#settings;
    try {
      return yes('cacheable', cacheable(value, call)) && this.#put(filling, copyOf(value, clone));
    } catch (error) {
      reportFault(call.clock, call, name, error);
      return false;
    }
  }

  /** The call ends with it as with a success; unless no copy can be made of it. */
  answer({ value }: CacheEntry, call: WrapperCall): Outcome | undefined {
    const { name, clone } = this.#settings;
    try {
      call.innerOutcome = Outcome.returned(copyOf(value, clone));
      return call.innerOutcome;
    } catch (error) {
      reportFault(call.clock, call, name, error);
      return undefined;
    }
  }

  /** Not in place of the answer of a run that began later: that is the newer one, whichever ended first. */
  #put({ fill, number, since }: Filling, value: unknown): boolean {
    if (fill.invalid || number < fill.kept || Number.isNaN(since)) return false;
    fill.kept = number;
    const entry: CacheEntry = { value, storedAt: since, spread: this.#settings.random() };
    this.#access.write(fill.key, entry, longestUseMs(this.#settings));
    return true;
  }

  async peek(key: string): Promise<Cached | undefined> {
    const store = this.#store;
    const entry = await this.#access.within(store.peek === undefined ? store.get(key) : store.peek(key));
    if (entry === undefined || entry === null) return undefined;
    const ageMs = this.ageMs(key, entry);
    return { value: copyOf(entry.value, this.#settings.clone), ageMs, freshness: this.freshness(ageMs, entry) };
  }

  async delete(key: string): Promise<void> {
    this.#fills.invalidate(key);
    await this.#access.within(this.#store.delete(key));
  }

  async clear(): Promise<void> {
    const { name, store } = this.#settings;
    if (this.#store.clear === undefined) throw new ConfigError(name, 'store', store, 'a store with clear');
    this.#fills.invalidateAll();
    await this.#access.within(this.#store.clear());
  }
}
