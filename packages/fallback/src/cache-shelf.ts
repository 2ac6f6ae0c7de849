import { ConfigError } from '@holdfast/core';
import type { CacheEntry, CacheStore } from './cache-store.ts';
import { Fills } from './fills.ts';
import type { Fill } from './fills.ts';
import { freshness, longestUseMs } from './freshness.ts';
import type { Freshness } from './freshness.ts';
import { MemoryStore } from './memory-store.ts';
import type { StaleCacheSettings } from './stale-cache-options.ts';
import { StoreAccess } from './store-access.ts';
import type { StoreFailed } from './store-access.ts';

/** What a cache has for a key. */
export interface Cached {
  readonly value: unknown;
  readonly ageMs: number;
  readonly freshness: Freshness;
}

/** A run that may bring an answer to be kept. */
export interface Filling {
  readonly fill: Fill;
  /** When it began: no answer of it is younger. */
  readonly since: number;
}

/** The entries of a cache: where they are kept, how old they are, and which runs may add one. */
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
    return { fill: this.#fills.begin(key), since: this.#access.now(key) };
  }

  end({ fill }: Filling): void {
    this.#fills.end(fill);
  }

  keep({ fill: { key, invalid }, since }: Filling, value: unknown): boolean {
    if (invalid || Number.isNaN(since)) return false;
    const entry: CacheEntry = { value, storedAt: since, spread: this.#settings.random() };
    this.#access.write(key, entry, longestUseMs(this.#settings));
    return true;
  }

  async peek(key: string): Promise<Cached | undefined> {
    const store = this.#store;
    const entry = await this.#access.within(store.peek === undefined ? store.get(key) : store.peek(key));
    if (entry === undefined || entry === null) return undefined;
    const ageMs = this.ageMs(key, entry);
    const { clone } = this.#settings;
    const value = clone === undefined ? entry.value : clone(entry.value);
    return { value, ageMs, freshness: this.freshness(ageMs, entry) };
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
