/** When a signal counts as bad, and what follows. */
export interface SignalLimits<Name extends string = string> {
  /** Bad from this reading on; above 0, in the signal's own unit. @default 0.8 */
  readonly downAt?: number | undefined;
  /**
   * No longer bad below this; above 0, at most `downAt`. The gap keeps a reading that hovers at one threshold from moving the level
   * up and down.
   * @default half of `downAt`: what is left by half has room for the load that comes back
   */
  readonly upBelow?: number | undefined;
  /**
   * Only bad when every look for so long has found it so, in milliseconds.
   * @default 0: at once. For queues and calls in flight 1_000: a burst that is over within a second is what a queue is for
   */
  readonly forMs?: number | undefined;
  /**
   * While it is bad, this is the best level that is served.
   * @default the first level that does not run the inside, for that takes the load off it; the second level if all of them do
   */
  readonly to?: Name | undefined;
}

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
 */
export function circuitSignal<const To extends string = never>(breaker: HasState, limits?: SignalLimits<To>): Signal<To> {
  return {
    name: nameFor('circuit', breaker),
    read: () => breaker.state === 'open' || breaker.state === 'isolated',
    ...limits,
  };
}

/** Anything with a bounded queue, such as a `bulkhead`. */
export interface HasQueue {
  readonly name?: string;
  snapshot(): { readonly queued: number; readonly queue: number };
}

/** How full a queue is, 0 to 1; without room for anybody always 0. */
export function queueSignal<const To extends string = never>(pool: HasQueue, limits?: SignalLimits<To>): Signal<To> {
  return {
    name: nameFor('queue', pool),
    read: () => {
      const { queued, queue } = pool.snapshot();
      return queue > 0 ? queued / queue : 0;
    },
    forMs: 1_000,
    ...limits,
  };
}

/** Anything that bounds what runs at once, such as a `bulkhead` or a concurrency limit. */
export interface HasLimit {
  readonly name?: string;
  snapshot(): { readonly inFlight: number } & ({ readonly limit: number } | { readonly concurrency: number });
}

/** How much of a limit is in use, 0 to 1. */
export function inFlightSignal<const To extends string = never>(limiter: HasLimit, limits?: SignalLimits<To>): Signal<To> {
  return {
    name: nameFor('inFlight', limiter),
    read: () => {
      const now = limiter.snapshot();
      const most = 'limit' in now ? now.limit : now.concurrency;
      return most > 0 ? now.inFlight / most : 0;
    },
    forMs: 1_000,
    ...limits,
  };
}

const nameFor = (kind: string, { name }: { readonly name?: string }): string => (name === undefined ? kind : `${kind}(${name})`);
