import type { RateLimits } from '../src/meter.ts';

interface Waiting {
  readonly id: number;
  readonly permits: number;
  readonly arrivedAt: number;
  readonly deadline: number;
}

/** What became of a call, and when: admitted, refused (with the wait it was told), or too heavy for a limit that was lowered. */
export type Fate = readonly [id: number, at: number, fate: 'admitted' | 'too heavy' | number];

/** Permits taken, as a plain list that forgets what the limits forget. */
class PlainMeter {
  limits: RateLimits;
  tokens: number;
  at: number = 0;
  taken: { readonly at: number; readonly permits: number }[] = [];

  constructor(limits: RateLimits) {
    this.limits = limits;
    this.tokens = limits.burst ?? 0;
  }
  clone(): PlainMeter {
    const clone = new PlainMeter(this.limits);
    return Object.assign(clone, { tokens: this.tokens, at: this.at, taken: [...this.taken] });
  }
  moveTo(at: number): void {
    const { limit, perMs, burst } = this.limits;
    if (burst === undefined) this.taken = this.taken.filter((one) => one.at + perMs > at);
    else this.tokens = Math.min(burst, this.tokens + (at - this.at) * (limit / perMs));
    this.at = at;
  }
  get free(): number {
    const { limit, burst } = this.limits;
    return burst === undefined ? limit - this.taken.reduce((sum, { permits }) => sum + permits, 0) : this.tokens;
  }
  /** When so many are there. */
  timeFor(permits: number): number {
    if (this.free >= permits) return this.at;
    const { limit, perMs, burst } = this.limits;
    if (burst !== undefined) return this.at + (permits - this.tokens) * (perMs / limit);
    let lacking = permits - this.free;
    for (const one of this.taken) {
      lacking -= one.permits;
      if (lacking <= 0) return one.at + perMs;
    }
    return Number.POSITIVE_INFINITY;
  }
  take(permits: number): void {
    this.taken.push({ at: this.at, permits });
    this.tokens -= permits;
  }
  resize(limits: RateLimits, at: number): void {
    this.moveTo(at);
    this.limits = limits;
    this.tokens = Math.min(this.tokens, limits.burst ?? 0);
    this.moveTo(at);
  }
}

/** A rate limit as one would explain it: a list of those who wait, looked through again at every step. */
export class PlainRate {
  readonly fates: Fate[] = [];
  waiting: Waiting[] = [];
  readonly #meter: PlainMeter;
  #maxWaitMs: number;
  readonly #queue: number;

  constructor(limits: RateLimits, maxWaitMs: number, queue: number) {
    this.#meter = new PlainMeter(limits);
    this.#maxWaitMs = maxWaitMs;
    this.#queue = queue;
  }

  get capacity(): number {
    return this.#meter.limits.burst ?? this.#meter.limits.limit;
  }

  /** Time passes: whoever's turn comes has it then. */
  moveTo(at: number): void {
    for (let first = this.waiting[0]; first !== undefined; first = this.waiting[0]) {
      const turnAt = this.#meter.timeFor(first.permits);
      if (turnAt > at) break;
      this.#meter.moveTo(turnAt);
      this.#meter.take(first.permits);
      this.waiting.shift();
      this.fates.push([first.id, turnAt, 'admitted']);
    }
    this.#meter.moveTo(at);
  }

  enter(id: number, permits: number, remainingMs: number): void {
    const now = this.#meter.at;
    if (permits > this.capacity) {
      this.fates.push([id, now, 'too heavy']);
      return;
    }
    const waitMs = this.#turns(permits).at(-1)! - now;
    if (waitMs === 0 && this.waiting.length === 0) {
      this.#meter.take(permits);
      this.fates.push([id, now, 'admitted']);
    } else if (this.waiting.length >= this.#queue || waitMs > this.#maxWaitMs || waitMs >= remainingMs) {
      this.fates.push([id, now, Math.ceil(waitMs)]);
    } else this.waiting.push({ id, permits, arrivedAt: now, deadline: now + remainingMs });
  }

  cancel(id: number): void {
    this.waiting = this.waiting.filter((one) => one.id !== id);
    this.moveTo(this.#meter.at);
  }

  change(limits: RateLimits, maxWaitMs: number): void {
    const now = this.#meter.at;
    this.#meter.resize(limits, now);
    this.#maxWaitMs = maxWaitMs;
    for (let i = 0; i < this.waiting.length;) {
      const { id, permits, arrivedAt, deadline } = this.waiting[i]!;
      const turnAt = permits > this.capacity ? undefined : this.#turns(permits, i).at(-1)!;
      if (turnAt !== undefined && turnAt - arrivedAt <= maxWaitMs && turnAt < deadline) {
        i++;
        continue;
      }
      this.fates.push([id, now, turnAt === undefined ? 'too heavy' : Math.ceil(turnAt - now)]);
      this.waiting.splice(i, 1);
    }
    this.moveTo(now);
  }

  /** The turns of those who wait, the first so many of them, and of one more behind. */
  #turns(permits: number, ahead: number = this.waiting.length): number[] {
    const meter = this.#meter.clone();
    return [...this.waiting.slice(0, ahead).map((one) => one.permits), permits].map((permits) => {
      meter.moveTo(meter.timeFor(permits));
      meter.take(permits);
      return meter.at;
    });
  }
}
