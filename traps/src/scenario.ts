import type { Time } from './time.ts';

/** A function under protection. It gets a signal where the library hands one out. */
export type Operation = (signal?: AbortSignal) => unknown;

/** Something that calls an operation under protection. */
export interface Runner {
  /** Whether `call` takes the caller's signal; where not, the second argument is dropped. */
  readonly takesSignal: boolean;
  readonly call: (operation: Operation, signal?: AbortSignal) => Promise<unknown>;
}

export interface BreakerOptions {
  /** @default 0.5 */
  readonly failureRatio?: number;
  /** @default 2 */
  readonly minimumCalls?: number;
  /** @default 10_000 */
  readonly windowMs?: number;
  /** @default 1_000 */
  readonly openMs?: number;
  /** Bounds the wait for a probe, where the library can. */
  readonly probeWaitMs?: number;
  /** Errors that say nothing about the dependency. */
  readonly ignore?: (error: unknown) => boolean;
  /** A bulkhead inside of the breaker. */
  readonly concurrency?: number;
  /** A cache that answers repeated calls, put together with the breaker as the library has it. */
  readonly cacheMs?: number;
  /** Told of a failed call, or of the opening where the library tells of no failure. */
  readonly listener?: () => void;
  /** Sees the library's own options object right before it is handed over. */
  readonly given?: (native: object) => void;
}

export interface Breaker extends Runner {
  state(): Promise<'closed' | 'open' | 'half-open'> | 'closed' | 'open' | 'half-open';
  /** The call of a key, for a breaker with a cache. */
  readonly callFor?: (key: string, operation: Operation) => Promise<unknown>;
  /** What the library documents for letting go of it. */
  dispose?(): void;
  /** The objects it consists of. */
  parts(): object[];
}

export interface RetryOptions {
  /** @default 3 */
  readonly attempts?: number;
  /** The first wait. @default 100 */
  readonly waitMs?: number;
  /** What each wait is multiplied by, without jitter. @default 1 */
  readonly factor?: number;
  /** No wait is longer. */
  readonly capMs?: number;
  /** A time limit around all attempts and waits. */
  readonly deadlineMs?: number;
  /** Which answers count as failures. */
  readonly failed?: (value: unknown) => boolean;
  /** A budget of so many retries, over all calls. */
  readonly budget?: number;
  /** Follows what the other side asks for in `Retry-After`. */
  readonly retryAfter?: boolean;
}

export interface TimeoutOptions {
  readonly ms: number;
  /** Answers in place of a call that failed. */
  readonly fallback?: () => unknown;
}

export interface BulkheadOptions {
  readonly concurrency: number;
  readonly queue: number;
  /** A call made by `callWithin` that has not begun by then is given up. */
  readonly expiryMs?: number;
  /** A time limit on what runs inside. */
  readonly timeoutMs?: number;
}

export interface Bulkhead extends Runner {
  /** A call that may wait for `expiryMs`. */
  readonly callWithin: Runner['call'];
  /** Makes a call and lets go of it before it has begun, where calls are not begun by being made. */
  abandon?(operation: Operation): void;
}

export interface RateLimit extends Runner {
  /** Changes the limit while it runs. */
  readonly update: (options: { limit: number }) => void;
}

export interface HedgeOptions {
  readonly delayMs: number;
  /** A budget of so many hedges. */
  readonly budget?: number;
}

/** What a library can do, each in the way its own documentation shows. */
export interface Capabilities {
  readonly breaker: (options?: BreakerOptions) => Breaker;
  /** As it is without options. */
  readonly defaultBreaker: () => Breaker;
  readonly retry: (options?: RetryOptions) => Runner;
  /** As it is without options, where retries are allowed at all. */
  readonly defaultRetry: () => Runner;
  readonly timeout: (options: TimeoutOptions) => Runner;
  readonly bulkhead: (options: BulkheadOptions) => Bulkhead;
  /** Lets `limit` calls through in `periodMs`; others wait or are refused. */
  readonly rateLimit: (options: { limit: number; periodMs: number }) => RateLimit;
  /** Calls at the same time become one. */
  readonly singleFlight: () => Runner;
  /** Keeps an answer for `freshMs`, and serves it stale for long after that. */
  readonly staleCache: (options: { freshMs: number }) => Runner;
  readonly hedge: (options: HedgeOptions) => Runner;
  /** The plainest protection of a call. */
  readonly plain: () => Runner;
}

export type Capability = keyof Capabilities;

/** What a scenario gets to work with. */
export type Kit<Need extends Capability> = Pick<Capabilities, Need> & {
  readonly time: Time;
  /** Rejections that nobody handled, so far; each ends a process of Node's. */
  readonly unhandledRejections: () => number;
};

export interface Observation {
  readonly safe: boolean;
  /** What happened, in words and numbers taken from what happened. */
  readonly saw: string;
}

/** One known bug as an experiment that is the same for every library. */
export interface Scenario<Need extends Capability = Capability> {
  readonly trap: `T${number}`;
  /** What holds where the trap is avoided. */
  readonly title: string;
  readonly needs: readonly Need[];
  /**
   * Most run in virtual time; a few are about the event loop, the process or the memory itself, and run in a thread of their own.
   * @default 'virtual'
   */
  readonly time?: 'virtual' | 'real';
  /** It leaves something behind in the process, so it gets a thread of its own, too. @default false */
  readonly alone?: boolean;
  run(kit: Kit<Need>): Promise<Observation>;
}

/** A library has the policy, but not what the scenario needs of it. */
export class Lacks extends Error {
  override readonly name = 'Lacks';
}
