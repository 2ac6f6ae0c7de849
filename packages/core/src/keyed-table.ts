import type { Clock } from './clock.ts';

export interface KeyedTableOptions {
  /** Keys kept at once; beyond it the one idle for longest goes. */
  readonly max: number;
  /** A key idle for this long, in milliseconds, is forgotten; `Infinity` for never. */
  readonly idleMs: number;
  /** Keys that get a label of their own, '' gets `_none`; later ones share `_other`. */
  readonly maxLabels: number;
  readonly clock: Clock;
}

/** What is kept for a key. */
export interface KeyedEntry<T> {
  readonly key: string;
  readonly value: T;
  inFlight: number;
  /** When its last call ended. */
  idleSince: number;
}

/**
 * One value per key, made when the key is first seen and bounded in number: the one idle for longest goes first, then by idle time,
 * looked at on use and never by a timer. A value in use is never dropped, so for as long as more than `max` keys are in use there are
 * more than `max`. For adapters that keep whole pipelines per key; policies per key are made by `keyed`.
 */
export class KeyedTable<T> {
  readonly #make: (key: string, label: string) => T;
  readonly #options: KeyedTableOptions;
  readonly #busy = new Map<string, KeyedEntry<T>>();
  /** Keys not in use, in the order they fell idle: a Map keeps insertion order. */
  readonly #idle = new Map<string, KeyedEntry<T>>();
  /** Never given back: a key that was forgotten is still in the metrics it made. */
  readonly #labels = new Set<string>();

  /** `make` may throw: then nothing is kept, and the next use of the key asks again. */
  constructor(make: (key: string, label: string) => T, options: KeyedTableOptions) {
    this.#make = make;
    this.#options = options;
  }

  /** Takes the key into use; `leave` must follow. */
  enter(key: string): KeyedEntry<T> {
    const now = this.#options.clock.turnNow();
    this.#forget(now);
    const entry = this.#busy.get(key) ?? this.#idle.get(key) ?? this.#entry(key);
    if (entry.inFlight++ > 0) return entry;
    this.#idle.delete(key);
    this.#busy.set(key, entry);
    this.#forget(now);
    return entry;
  }

  leave(entry: KeyedEntry<T>): void {
    if (--entry.inFlight > 0) return;
    entry.idleSince = this.#options.clock.turnNow();
    this.#busy.delete(entry.key);
    this.#idle.set(entry.key, entry);
    this.#forget(entry.idleSince);
  }

  /** Does not count as use. */
  peek(key: string): T | undefined {
    return (this.#busy.get(key) ?? this.#idle.get(key))?.value;
  }

  /** Keys kept now; those idle for too long are counted until the next use of any key. */
  get size(): number {
    return this.#busy.size + this.#idle.size;
  }

  /** The idle ones, those idle for longest first, and then those in use: what matters most is last. */
  entries(): readonly KeyedEntry<T>[] {
    return [...this.#idle.values(), ...this.#busy.values()];
  }

  #entry(key: string): KeyedEntry<T> {
    const ownLabel = this.#labels.has(key) || this.#labels.size < this.#options.maxLabels;
    const value = this.#make(key, ownLabel ? key || '_none' : '_other');
    if (ownLabel) this.#labels.add(key);
    return { key, value, inFlight: 0, idleSince: Number.NaN };
  }

  #forget(now: number): void {
    for (const [key, { idleSince }] of this.#idle) {
      if (this.size <= this.#options.max && idleSince + this.#options.idleMs > now) return;
      this.#idle.delete(key);
    }
  }
}
