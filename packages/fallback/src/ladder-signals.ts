import { readPart } from '@holdfast/core/options';
import { check } from './ladder-parts.ts';
import { limitRules } from './signal-limits.ts';
import type { SignalLimits } from './signal-limits.ts';

/** Something that tells how bad things are. */
export interface Signal<Name extends string = string> extends SignalLimits<Name> {
  /** Shown as the reason of a change. */
  readonly name: string;
  /**
   * How bad it is: the higher the worse, in a unit of your own if you give the thresholds in it; `true` is 1, `false` 0. Asked at most
   * once in `evaluateMs`, on the way of a call: must be cheap. One that throws, or gives no number, keeps its last reading.
   * @param nowMs the ladder's clock
   */
  read(nowMs: number): number | boolean;
}

/** Anything that is open or not, such as a `circuitBreaker`. */
export interface HasState {
  readonly name?: string;
  readonly state: string;
}

/**
 * A circuit breaker: 1 while it is `open` or `isolated`, else 0. Half-open is no longer bad, for somebody has to be the trial call:
 * the ladder then lets a share of the calls through, and the breaker decides with them.
 * @throws {ConfigError} for what has no state, and for limits that cannot be.
 */
export function circuitSignal<const To extends string = never>(breaker: HasState, limits?: SignalLimits<To>): Signal<To> {
  const allowed = 'an object with a state, such as a circuitBreaker';
  check(typeof (breaker as HasState | undefined | null)?.state === 'string', 'circuitSignal', 'breaker', breaker, allowed);
  return {
    name: nameFor('circuit', breaker),
    read: () => breaker.state === 'open' || breaker.state === 'isolated',
    ...readLimits('circuitSignal', limits, 0),
  };
}

/** Anything with a bounded queue, such as a `bulkhead`. */
export interface HasQueue {
  readonly name?: string;
  snapshot(): { readonly queued: number; readonly queue: number };
}

/**
 * How full a queue is, 0 to 1; without room for anybody always 0.
 * @throws {ConfigError} for what has no bounded queue, and for limits that cannot be.
 */
export function queueSignal<const To extends string = never>(pool: HasQueue, limits?: SignalLimits<To>): Signal<To> {
  const allowed = 'an object whose snapshot has the numbers queued and queue, such as a bulkhead';
  check(tells(pool, 'queued', 'queue'), 'queueSignal', 'pool', pool, allowed);
  return {
    name: nameFor('queue', pool),
    read: () => {
      const { queued, queue } = pool.snapshot();
      return queue > 0 ? queued / queue : 0;
    },
    ...readLimits('queueSignal', limits, 1_000),
  };
}

/** Anything that bounds what runs at once, such as a `bulkhead` or a concurrency limit. */
export interface HasLimit {
  readonly name?: string;
  snapshot(): { readonly inFlight: number } & ({ readonly limit: number } | { readonly concurrency: number });
}

/**
 * How much of a limit is in use, 0 to 1.
 * @throws {ConfigError} for what has no limit, and for limits of the signal that cannot be.
 */
export function inFlightSignal<const To extends string = never>(limiter: HasLimit, limits?: SignalLimits<To>): Signal<To> {
  const allowed = 'an object whose snapshot has the numbers inFlight and limit or concurrency, such as a bulkhead';
  const bounded = tells(limiter, 'inFlight', 'limit') || tells(limiter, 'inFlight', 'concurrency');
  check(bounded, 'inFlightSignal', 'limiter', limiter, allowed);
  return {
    name: nameFor('inFlight', limiter),
    read: () => {
      const now = limiter.snapshot();
      const most = 'limit' in now ? now.limit : now.concurrency;
      return most > 0 ? now.inFlight / most : 0;
    },
    ...readLimits('inFlightSignal', limits, 1_000),
  };
}

const nameFor = (kind: string, { name }: { readonly name?: string }): string => (name === undefined ? kind : `${kind}(${name})`);

/** Whether a snapshot has these numbers. One without would read as nothing for ever. */
function tells(source: { snapshot(): object } | undefined | null, ...names: readonly string[]): boolean {
  if (typeof source?.snapshot !== 'function') return false;
  const snapshot = source.snapshot() as Readonly<Record<string, unknown>> | undefined;
  return names.every((name) => Number.isFinite(snapshot?.[name]));
}

function readLimits<To extends string>(signal: string, limits: SignalLimits<To> | undefined, forMs: number): SignalLimits<To> {
  return readPart(signal, 'limits', limits, limitRules(forMs)) as SignalLimits<To>;
}
