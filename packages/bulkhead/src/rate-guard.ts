import { ConfigError, hub, publish, withoutStack } from '@holdfast/core';
import type { Clock, EventBase, GuardCall, Outcome, PolicyTraits } from '@holdfast/core';
import { checkFixed, withChanges } from '@holdfast/core/options';
import { pauseOf } from './drain-answer.ts';
import { RateLimitedError } from './errors.ts';
import type { RateLimitReason } from './errors.ts';
import type { RateLimits } from './meter.ts';
import type { RateLimitSnapshot } from './rate-limit.ts';
import { readRateLimitOptions } from './rate-limit-options.ts';
import type { RateLimitOptions, RateLimitSettings, RateLimitUpdate } from './rate-limit-options.ts';
import { SlidingWindow } from './sliding-window.ts';
import { TokenBucket } from './token-bucket.ts';
import { TurnWaiter } from './turn-line.ts';
import { Turnstile } from './turnstile.ts';
import type { Refusals } from './turnstile.ts';
import { checkNames } from './known-names.ts';

declare module '@holdfast/core' {
  interface HoldfastEvents {
    /** The limits were changed while running. */
    'rateLimit.resized': EventBase & { readonly policy: string; readonly limits: RateLimits; readonly previous: RateLimits };
    /** An outcome said that we are too fast: all permits were taken, and nobody is admitted for `pauseMs`. */
    'rateLimit.drained': EventBase & {
      readonly policy: string;
      readonly pauseMs: number;
      readonly callId: number;
      readonly pipeline: string;
    };
  }
}

/** Tokens are sums of fractions: one that is there may be told as a little less. */
const ROUNDING = 1e-9;

/** The guard behind `rateLimit`: its options, and what it says of itself. */
export class RateGuard implements Refusals {
  readonly name: string;
  readonly clock: Clock;
  readonly #turnstile: Turnstile;
  #given: Partial<RateLimitOptions>;
  #settings: RateLimitSettings;
  #refused = 0;
  #drained = 0;

  constructor(given: RateLimitOptions) {
    const settings = readRateLimitOptions(given);
    this.name = settings.name;
    this.clock = settings.clock;
    this.#given = { ...given };
    this.#settings = settings;
    const meter = settings.burst === undefined ? new SlidingWindow(settings) : new TokenBucket(settings);
    this.#turnstile = new Turnstile(this.clock, meter, settings.maxWaitMs, this);
  }

  /** The time is read anew, not once a turn: a permit noted too early would come back too early. */
  enter(call: GuardCall): Promise<void> | undefined {
    const { weight } = this.#settings;
    const permits = weight === undefined ? 1 : this.#checked(weight(call));
    const now = this.clock.now();
    if (this.#turnstile.pass(permits, now)) return undefined;
    if (call.cancelled) throw call.reason; // maybe by the callback above
    const turnAt = this.#turnstile.turnOfNext(permits, now);
    const deadline = now + call.remainingMs();
    const reason = this.#whyNotWait(turnAt, now, deadline);
    if (reason !== undefined) throw this.tooLate(reason, turnAt, now);
    return this.#turnstile.wait(call, new TurnWaiter(permits, now, deadline), turnAt);
  }

  exit(call: GuardCall, outcome: Outcome): void {
    const { drainOn } = this.#settings;
    if (drainOn === undefined || !outcome.ran) return;
    const pauseMs = pauseOf(drainOn(outcome));
    if (pauseMs !== undefined) this.#drain(call, pauseMs);
  }

  resize(limits: Partial<RateLimits>): void {
    checkNames(this.name, limits, ['limit', 'perMs', 'burst']);
    this.prepareUpdate(limits)();
  }

  prepareUpdate(changes: RateLimitUpdate): () => void {
    const given = withChanges(this.name, this.#given, changes);
    const next = readRateLimitOptions(given);
    checkFixed(this.name, this.#settings, next, ['name', 'clock']);
    if ((next.burst === undefined) !== (this.#settings.burst === undefined)) {
      const made = next.burst === undefined ? 'given, as it was made with one' : 'absent, as it was made without';
      throw new ConfigError(this.name, 'burst', next.burst, `${made}: that cannot change while running`);
    }
    return () => this.#change(given, next);
  }

  traits(): PolicyTraits {
    const { queue, maxWaitMs } = this.#settings;
    return queue === 0 ? {} : { waitMs: maxWaitMs };
  }

  snapshot(): RateLimitSnapshot {
    const { limit, perMs, burst, maxWaitMs, queue } = this.#settings;
    const now = this.clock.now();
    const pausedMs = this.#turnstile.pausedMs(now);
    return {
      policy: this.name,
      kind: 'rateLimit',
      limit,
      perMs,
      ...(burst === undefined ? {} : { burst }),
      maxWaitMs,
      queue,
      permits: pausedMs > 0 ? 0 : Math.max(0, Math.floor(this.#turnstile.meter.available(now) + ROUNDING)),
      queued: this.#turnstile.queued,
      oldestWaitMs: this.#turnstile.oldestWaitMs(now),
      pausedMs,
      admitted: this.#turnstile.admitted,
      refused: this.#refused,
      drained: this.#drained,
    };
  }

  tooLate(reason: RateLimitReason, turnAt: number, now: number): RateLimitedError {
    const { limit, perMs } = this.#settings;
    this.#refused++;
    return withoutStack(() => new RateLimitedError(this.name, reason, Math.ceil(turnAt - now), limit, perMs));
  }

  tooHeavy(permits: number): ConfigError {
    const allowed = `a function that gives a whole number from 1 to ${this.#turnstile.meter.capacity}`;
    return withoutStack(() => new ConfigError(this.name, 'weight', permits, allowed));
  }

  /** Why a newcomer may not wait for its turn; `undefined` if it may. */
  #whyNotWait(turnAt: number, now: number, deadline: number): RateLimitReason | undefined {
    const { queue } = this.#settings;
    if (queue === 0) return this.#turnstile.shortage;
    return this.#turnstile.whyTooLate(turnAt, now, deadline) ?? (this.#turnstile.queued < queue ? undefined : 'queue');
  }

  #checked(weight: number): number {
    if (Number.isSafeInteger(weight) && weight >= 1 && weight <= this.#turnstile.meter.capacity) return weight;
    throw this.tooHeavy(weight);
  }

  #drain(call: GuardCall, pauseMs: number): void {
    const now = this.clock.now();
    this.#drained++;
    this.#turnstile.drain(pauseMs, now);
    if (!hub.active) return;
    publish({ type: 'rateLimit.drained', at: now, policy: this.name, pauseMs, callId: call.id, pipeline: call.pipeline });
  }

  #change(given: Partial<RateLimitOptions>, next: RateLimitSettings): void {
    const previous = limitsOf(this.#settings);
    const limits = limitsOf(next);
    const now = this.clock.now();
    this.#given = given;
    this.#settings = next;
    this.#turnstile.change(limits, next.maxWaitMs, now);
    const resized = (['limit', 'perMs', 'burst'] as const).some((name) => limits[name] !== previous[name]);
    if (resized && hub.active) publish({ type: 'rateLimit.resized', at: now, policy: this.name, limits, previous });
  }
}

const limitsOf = ({ limit, perMs, burst }: RateLimitSettings): RateLimits => ({ limit, perMs, burst });
