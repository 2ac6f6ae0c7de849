import type { Clock } from './clock.ts';
import { List } from './list.ts';
import type { Listed } from './list.ts';

/** Forgotten at one look at most. One would do to keep pace, for a use brings no more than one key; many would make a call wait. */
const FORGOTTEN_AT_ONCE = 8;

export interface KeyedTableOptions {
  /** Keys kept at once; beyond it the one idle for longest goes. */
  readonly max: number;
  /** A key idle for this long, in milliseconds, is forgotten; `Infinity` for never. */
  readonly idleMs: number;
  /** Keys that get a label of their own, '' gets `_none`; later ones share `_other`. */
  readonly maxLabels: number;
  readonly clock: Clock;
}

/** What is kept for a key, and its place among those in use or those idle. */
export interface KeyedEntry<T> extends Listed<KeyedEntry<T>> {
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
 *
 * A use takes the same time however many keys are kept. Of many that have been idle for too long each use forgets a few; none of them
 * is used again, but until then they take room and are counted.
 */
export class KeyedTable<T> {
  readonly #make: (key: string, label: string) => T;
  readonly #options: KeyedTableOptions;
  readonly #entries = new Map<string, KeyedEntry<T>>();
  /** In the order they came into use. */
  readonly #busy = new List<KeyedEntry<T>>();
  /** In the order they fell idle. */
  readonly #idle = new List<KeyedEntry<T>>();
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
    const entry = this.#kept(key, now);
    if (entry === undefined) return this.#begin(key, now);
    if (entry.inFlight++ > 0) return entry;
    this.#idle.remove(entry);
    this.#busy.append(entry);
    return entry;
  }

  leave(entry: KeyedEntry<T>): void {
    if (--entry.inFlight > 0) return;
    entry.idleSince = this.#options.clock.turnNow();
    this.#busy.remove(entry);
    this.#idle.append(entry);
    this.#forget(entry.idleSince);
  }

  /** Does not count as use. */
  peek(key: string): T | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Keys kept now; those idle for too long are counted until they are forgotten, a few at each use of any key. */
  get size(): number {
    return this.#entries.size;
  }

  /** The idle ones, those idle for longest first, and then those in use: what matters most is last. */
  entries(): readonly KeyedEntry<T>[] {
    return [...this.#idle, ...this.#busy];
  }

  /** One that was idle for too long is not used again, also if its turn to be forgotten has not come. */
  #kept(key: string, now: number): KeyedEntry<T> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.inFlight > 0 || !this.#isOver(entry, now)) return entry;
    this.#drop(entry);
    return undefined;
  }

  #begin(key: string, now: number): KeyedEntry<T> {
    const ownLabel = this.#labels.has(key) || this.#labels.size < this.#options.maxLabels;
    const value = this.#make(key, ownLabel ? key || '_none' : '_other');
    if (ownLabel) this.#labels.add(key);
    const entry: KeyedEntry<T> = { key, value, inFlight: 1, idleSince: Number.NaN, previous: undefined, next: undefined };
    this.#entries.set(key, entry);
    this.#busy.append(entry);
    this.#forget(now);
    return entry;
  }

  /** At most one goes for lack of room: a use brings one key, or makes one idle that may go. */
  #forget(now: number): void {
    const { max } = this.#options;
    for (let left = FORGOTTEN_AT_ONCE; left > 0; left--) {
      const oldest = this.#idle.first;
      if (oldest === undefined || (this.size <= max && !this.#isOver(oldest, now))) return;
      this.#drop(oldest);
    }
  }

  #isOver({ idleSince }: KeyedEntry<T>, now: number): boolean {
    return idleSince + this.#options.idleMs <= now;
  }

  #drop(entry: KeyedEntry<T>): void {
    this.#entries.delete(entry.key);
    this.#idle.remove(entry);
  }
}
