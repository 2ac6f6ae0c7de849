import { List } from '@holdfast/core';
import type { Listed } from '@holdfast/core';
import type { CacheEntry, CacheStore } from './cache-store.ts';
import { roughSize } from './rough-size.ts';

export interface MemoryLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** What an entry and its place in the map take, about, besides the key and the value. */
export const OVERHEAD_BYTES = 128;

interface Slot extends Listed<Slot> {
  readonly key: string;
  readonly entry: CacheEntry;
  readonly bytes: number;
}

/** The least recently used goes first, by number and by size. No timer: an entry goes when another needs its place, or when it is used too late. */
export class MemoryStore implements CacheStore {
  readonly #slots = new Map<string, Slot>();
  /** In the order of use. */
  readonly #used = new List<Slot>();
  readonly #sizeOf: (value: unknown) => number;
  #limits: MemoryLimits;
  #bytes = 0;

  constructor(limits: MemoryLimits, sizeOf: ((value: unknown) => number) | undefined) {
    this.#limits = limits;
    this.#sizeOf = sizeOf ?? ((value) => roughSize(value, this.#limits.maxBytes));
  }

  get entries(): number {
    return this.#slots.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): CacheEntry | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    this.#used.remove(slot);
    this.#used.append(slot);
    return slot.entry;
  }

  peek(key: string): CacheEntry | undefined {
    return this.#slots.get(key)?.entry;
  }

  /** One that is larger than all there may be is not kept, nor is the one before it. */
  set(key: string, entry: CacheEntry): void {
    this.delete(key);
    const bytes = OVERHEAD_BYTES + 2 * key.length + this.#measure(entry.value);
    if (bytes > this.#limits.maxBytes) return;
    const slot: Slot = { key, entry, bytes, previous: undefined, next: undefined };
    this.#slots.set(key, slot);
    this.#used.append(slot);
    this.#bytes += bytes;
    this.#evict();
  }

  delete(key: string): void {
    const slot = this.#slots.get(key);
    if (slot !== undefined) this.#drop(slot);
  }

  clear(): void {
    this.#slots.clear();
    this.#used.clear();
    this.#bytes = 0;
  }

  /** With less room the least recently used go at once. */
  resize(limits: MemoryLimits): void {
    this.#limits = limits;
    this.#evict();
  }

  #measure(value: unknown): number {
    const bytes = this.#sizeOf(value);
    if (typeof bytes === 'number' && bytes >= 0) return bytes;
    throw new TypeError(`sizeOf must answer with a number of bytes of at least 0, got ${String(bytes)}`);
  }

  #drop(slot: Slot): void {
    this.#slots.delete(slot.key);
    this.#used.remove(slot);
    this.#bytes -= slot.bytes;
  }

  /** As many as it takes: the room there may be is never exceeded, and each that goes was put in by a `set` of its own. */
  #evict(): void {
    while (this.entries > this.#limits.maxEntries || this.#bytes > this.#limits.maxBytes) this.#drop(this.#used.first!);
  }
}
