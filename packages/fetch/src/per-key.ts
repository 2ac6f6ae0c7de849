import type { Clock, Pipeline, PipelineSnapshot } from '@holdfast/core';

export interface FetchSnapshot {
  readonly name: string;
  /** How many keys are kept. */
  readonly keys: number;
  /** Calls that have begun and whose response has not been handed over. */
  readonly inFlight: number;
  /** By key; the twenty used last. */
  readonly perKey: Readonly<Record<string, PipelineSnapshot>>;
}

interface Entry {
  readonly pipeline: Pipeline;
  usedAt: number;
}

/** Keys with a name of their own in events; later ones share `_other`, which bounds the metrics that are made of them. */
const MAX_LABELS = 100;
const SHOWN = 20;

/**
 * A whole pipeline for each key, as `keyed` of core has a policy: so a call is one call to everybody who watches, and one loop. Bounded
 * as there: least recently used first, then by idle time, looked at on use; never one with calls in it.
 */
export class PerKey {
  readonly #make: (label: string) => Pipeline;
  readonly #max: number;
  readonly #idleMs: number;
  readonly #clock: Clock;
  /** In the order of use: a Map keeps insertion order, and a used entry is put back at the end. */
  readonly #entries = new Map<string, Entry>();
  readonly #labels = new Set<string>();

  constructor(make: (label: string) => Pipeline, max: number, idleMs: number, clock: Clock) {
    this.#make = make;
    this.#max = max;
    this.#idleMs = idleMs;
    this.#clock = clock;
  }

  /** The pipeline of this key, made when the key is first seen. */
  use(key: string): Pipeline {
    const now = this.#clock.turnNow();
    const entry = this.#entries.get(key) ?? { pipeline: this.#make(this.#label(key)), usedAt: now };
    entry.usedAt = now;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#evict(now, key);
    return entry.pipeline;
  }

  snapshot(name: string): FetchSnapshot {
    const all = [...this.#entries].map(([key, { pipeline }]) => [key, pipeline.snapshot()] as const);
    const inFlight = all.reduce((sum, [, snapshot]) => sum + snapshot.inFlight, 0);
    return { name, keys: all.length, inFlight, perKey: Object.fromEntries(all.slice(-SHOWN)) };
  }

  #label(key: string): string {
    if (this.#labels.size < MAX_LABELS) this.#labels.add(key);
    return this.#labels.has(key) ? key : '_other';
  }

  #evict(now: number, using: string): void {
    for (const [key, { pipeline, usedAt }] of this.#entries) {
      if (this.#entries.size <= this.#max && usedAt + this.#idleMs > now) return;
      // `using` is last, and its call has not begun yet.
      if (key !== using && pipeline.snapshot().inFlight === 0) this.#entries.delete(key);
    }
  }
}
