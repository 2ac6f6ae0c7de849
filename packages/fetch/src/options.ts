import { ConfigError, systemRandom } from '@holdfast/core';
import type { Clock } from '@holdfast/core';
import type { BulkheadOptions } from '@holdfast/bulkhead';
import type { CircuitBreakerOptions } from '@holdfast/circuit-breaker';
import { aClock, anything, callback, count, durationMs, readOptions, text } from '@holdfast/core/options';
import type { OptionRule } from '@holdfast/core/options';
import type { RetryOptions } from '@holdfast/retry';
import type { FetchClassify } from './classify.ts';

/** Any `fetch`, by shape: Node's own, undici's, a browser's, one of your own. */
export type AnyFetch = (input: never, init?: never) => Promise<object>;

export interface ResilientFetchOptions {
  /** The one underneath, such as undici's. @default the global one, as it is now */
  readonly fetch?: AnyFetch | undefined;
  /** Shown in errors, events and snapshots. @default 'fetch' */
  readonly name?: string | undefined;
  /**
   * How long one attempt may take until the headers of its response are there, in milliseconds; `false` for no bound. It does not
   * bound the reading of the body: that is the caller's, and undici's `bodyTimeout`.
   * Sending the request, an upload too, counts.
   * @default 10_000, or `deadlineMs` if that is less: long for any one answer, and the default of .NET's resilient HTTP client
   */
  readonly timeoutMs?: number | false | undefined;
  /**
   * How long the call may take as a whole until the headers of its response are there, attempts, waits and queues included; in
   * milliseconds, `false` for no bound. A surrounding call's deadline holds besides.
   * @default 30_000: room for three attempts that time out, and the default of .NET's resilient HTTP client
   */
  readonly deadlineMs?: number | false | undefined;
  /** As for `retry`, of which each key has its own budget unless you give one; `false` for none. @default {} */
  readonly retry?: Omit<RetryOptions, 'clock' | 'random'> | false | undefined;
  /** As for `circuitBreaker`, one per key; `false` for none. @default {} */
  readonly circuitBreaker?: Omit<CircuitBreakerOptions, 'clock' | 'random'> | false | undefined;
  /**
   * As for `bulkhead`, one per key; `false` for none. A permit is held until the headers are there, see the README.
   * @default { concurrency: 100 }: a thousand calls a second at 100 ms each; as many again wait, for a second at most
   */
  readonly bulkhead?: Omit<BulkheadOptions, 'clock'> | false | undefined;
  /** What calls share breaker, bulkhead and budget by. @default (url) => url.origin */
  readonly keyOf?: ((url: URL, init: RequestInit) => string) | undefined;
  /** Keys kept at once; the one unused for longest goes. @default 1_000 */
  readonly maxKeys?: number | undefined;
  /** A key unused for this long is forgotten, in milliseconds. @default 600_000 */
  readonly keyIdleMs?: number | undefined;
  /** What an ending tells about the origin. Look at status and headers only: a body can be read once. @default see {@link FetchClassify} */
  readonly classify?: FetchClassify | undefined;
  /**
   * Origins that are told the remaining time (`x-holdfast-deadline-ms`), the criticality (`x-holdfast-class`) and the number of the
   * attempt (`x-holdfast-attempt`). Name your own services: what is urgent to you is nobody else's business.
   * @default []
   */
  readonly propagateTo?: readonly string[] | undefined;
  /** @default the system's monotonic clock */
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1), for jitter. @default the system's */
  readonly random?: (() => number) | undefined;
}

/** The options with their defaults in place; those of the policies are read by themselves. */
export interface FetchSettings {
  readonly send: typeof fetch;
  readonly name: string;
  readonly timeoutMs: number | false;
  readonly deadlineMs: number | false;
  readonly retry: Omit<RetryOptions, 'clock' | 'random'> | false;
  readonly circuitBreaker: Omit<CircuitBreakerOptions, 'clock' | 'random'> | false;
  readonly bulkhead: Omit<BulkheadOptions, 'clock'> | false;
  readonly keyOf: (url: URL, init: RequestInit) => string;
  readonly maxKeys: number;
  readonly keyIdleMs: number;
  readonly classify: FetchClassify | undefined;
  readonly propagateTo: ReadonlySet<string>;
  readonly clock: Clock;
  readonly random: () => number;
}

/** @throws {ConfigError} for options out of range, or that contradict each other. */
export function readFetchOptions(options: ResilientFetchOptions | undefined): FetchSettings {
  const read = readOptions('resilientFetch', options, {
    fetch: callback<AnyFetch | undefined>('(input, init) => promise of a response', globalThis.fetch),
    name: text('fetch'),
    timeoutMs: orFalse(durationMs<undefined>(undefined, { above: true })),
    deadlineMs: orFalse(durationMs(30_000, { above: true })),
    retry: policyOptions<FetchSettings['retry']>({}),
    circuitBreaker: policyOptions<FetchSettings['circuitBreaker']>({}),
    bulkhead: policyOptions<FetchSettings['bulkhead']>({ concurrency: 100 }),
    keyOf: callback<FetchSettings['keyOf']>('(url, init) => key', (url) => url.origin),
    maxKeys: count(1, 1_000),
    keyIdleMs: durationMs(600_000, { above: true, orInfinity: true }),
    classify: callback<FetchClassify | undefined>('(ending, call) => kind', undefined),
    propagateTo: anything<readonly string[]>('a list of origins', [], Array.isArray),
    clock: aClock,
    random: callback<() => number>('() => number', systemRandom),
  });
  const { name, fetch, deadlineMs, propagateTo } = read;
  const timeoutMs = read.timeoutMs ?? (deadlineMs === false ? 10_000 : Math.min(10_000, deadlineMs));
  if (fetch === undefined) throw new ConfigError(name, 'fetch', fetch, 'given where there is no global fetch');
  if (timeoutMs !== false && deadlineMs !== false && timeoutMs > deadlineMs) {
    throw new ConfigError(name, 'timeoutMs', timeoutMs, `at most deadlineMs (${deadlineMs}), which bounds all attempts together`);
  }
  // The shape is all that counts at run time; the types of two fetches never quite agree.
  return {
    ...read,
    timeoutMs,
    send: fetch as typeof globalThis.fetch,
    propagateTo: new Set(propagateTo.map((one) => origin(name, one))),
  };
}

function orFalse<T>(rule: OptionRule<T>): OptionRule<T | false> {
  return { ...rule, allowed: `${rule.allowed}, or false`, accepts: (value) => value === false || rule.accepts(value) };
}

function policyOptions<T>(fallback: T): OptionRule<T> {
  return anything(
    'an object of its options, or false',
    fallback,
    (value) => value === false || (typeof value === 'object' && value !== null),
  );
}

function origin(name: string, given: unknown): string {
  const url = typeof given === 'string' ? URL.parse(given) : null;
  if (url === null || url.origin === 'null' || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new ConfigError(name, 'propagateTo', given, 'origins such as https://orders.example.com');
  }
  return url.origin;
}
