import { ConfigError } from '@holdfast/core';
import { count, durationMs, number, readOptions, readPart } from '@holdfast/core/options';
import { LatencyHistogram } from './latency-histogram.ts';

/** A delay that follows the latencies seen. */
export interface AdaptiveDelay {
  /**
   * The share of calls that is to be answered within the delay, from 0.5 to 0.999; about the rest are hedged.
   * @default 0.95: about a twentieth more load (Dean and Barroso), half of what a budget of a tenth allows
   */
  readonly quantile?: number | undefined;
  /** Never shorter, in milliseconds; above 0. @default 10: our own event loop is late by as much now and then */
  readonly minMs?: number | undefined;
  /**
   * Never longer, in milliseconds. Where more calls hang than the quantile leaves out, their latencies are what it measures, and this
   * is the delay.
   * @default 1_000
   */
  readonly maxMs?: number | undefined;
  /** The delay until enough samples are there, in milliseconds, from `minMs` to `maxMs`. @default maxMs: rather late than too often */
  readonly initialMs?: number | undefined;
  /**
   * Samples that must be in the window for a new estimate; with fewer the last one stands. At least 20, and so many that one lies
   * beyond the quantile.
   * @default 100
   */
  readonly minimumSamples?: number | undefined;
  /** After how many milliseconds at most a sample no longer counts; at least half as long it does. @default 60_000, as in Hystrix */
  readonly windowMs?: number | undefined;
}

export type AdaptiveDelaySettings = { readonly [K in keyof AdaptiveDelay]-?: NonNullable<AdaptiveDelay[K]> };

/** The delay of a hedge, with its defaults in place: a length, or what to learn it by. */
export type DelaySettings = number | AdaptiveDelaySettings;

/** @throws {ConfigError} for what is neither a length nor an adaptive delay that can work. */
export function readDelay(policy: string, given: number | AdaptiveDelay): DelaySettings {
  if (typeof given === 'number') return readOptions(policy, { delayMs: given }, { delayMs: durationMs(0) }).delayMs;
  const { initialMs, ...read } = readPart(policy, 'delayMs', given, {
    quantile: number({ min: 0.5, max: 0.999 }, 0.95),
    minMs: durationMs(10, { above: true }),
    maxMs: durationMs(1_000),
    initialMs: durationMs<undefined>(undefined),
    minimumSamples: count(20, 100),
    windowMs: durationMs(60_000, { above: true }),
  });
  const { quantile, minMs, maxMs, minimumSamples } = read;
  const settings = { ...read, initialMs: initialMs ?? maxMs };
  if (maxMs < minMs) throw new ConfigError(policy, 'delayMs.maxMs', maxMs, `at least minMs (${minMs})`);
  if (settings.initialMs < minMs || settings.initialMs > maxMs) {
    throw new ConfigError(policy, 'delayMs.initialMs', initialMs, `from minMs (${minMs}) to maxMs (${maxMs})`);
  }
  const needed = Math.ceil(1 / (1 - quantile) - ROUNDING);
  if (minimumSamples < needed) {
    throw new ConfigError(policy, 'delayMs.minimumSamples', minimumSamples, `at least ${needed} for a quantile of ${quantile}`);
  }
  return settings;
}

/** One less 0.95 is a little more than a twentieth, or less. */
const ROUNDING = 1e-6;

/** Samples between two estimates: looking through all buckets for each would cost more than the rest of a call. */
const REFRESH = 16;

/**
 * How long a hedge waits for an attempt. An adaptive one learns from the **first** attempt of each call, and by one rule: an answer
 * counts with its latency, and an attempt that ended otherwise counts, with its age, only if it outlived the delay.
 *
 * Why so: first attempts that lose against a hedge are the slow ones. Left out, they would be missing above the delay, the quantile
 * would come out too low, the next delay shorter, and more calls hedged than asked for. They are known to have taken *at least*
 * their age, which is past the delay, so that counting them there puts them on their right side of the quantile, however much
 * longer they would have taken. Hedges are no samples: cut off at an age below the delay they would say nothing, and only the quick
 * ones among them run to their end. Failures before the delay say nothing about how long an answer takes.
 */
export class HedgeDelay {
  /** The delay now. */
  ms: number = 0;
  /** The median of what was seen; 0 while it is unknown. */
  typicalMs: number = 0;
  #adaptive: AdaptiveDelaySettings | undefined = undefined;
  #histogram: LatencyHistogram | undefined = undefined;
  #fresh: number = 0;

  constructor(settings: DelaySettings, now: number) {
    this.update(settings, now);
  }

  get samples(): number {
    return this.#histogram?.count ?? 0;
  }

  /**
   * @param ageMs of the first attempt of a call, at its end.
   * @param delayMs how long that attempt was waited for.
   */
  learn(ageMs: number, answered: boolean, delayMs: number, now: number): void {
    if (this.#histogram === undefined || !(answered || ageMs >= delayMs)) return;
    this.#histogram.add(ageMs, now);
    if (++this.#fresh >= REFRESH) this.#estimate();
  }

  /** What was learnt is kept as long as the delay stays adaptive. */
  update(settings: DelaySettings, now: number): void {
    if (typeof settings === 'number') {
      this.#adaptive = this.#histogram = undefined;
      this.ms = settings;
      this.typicalMs = 0;
      return;
    }
    const known = this.typicalMs > 0;
    this.#adaptive = settings;
    if (this.#histogram === undefined) this.#histogram = new LatencyHistogram(settings.windowMs, now);
    else this.#histogram.resize(settings.windowMs, now);
    this.ms = known ? within(this.ms, settings) : settings.initialMs;
    this.#estimate();
  }

  #estimate(): void {
    const histogram = this.#histogram!;
    const settings = this.#adaptive!;
    if (histogram.count < settings.minimumSamples) return;
    this.#fresh = 0;
    this.ms = within(histogram.quantile(settings.quantile), settings);
    this.typicalMs = histogram.quantile(0.5);
  }
}

const within = (ms: number, { minMs, maxMs }: AdaptiveDelaySettings): number => Math.min(maxMs, Math.max(minMs, ms));
