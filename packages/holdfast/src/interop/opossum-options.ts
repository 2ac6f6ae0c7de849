import type { Clock } from '@holdfast/core';
import { aClock, flag, readOptions, text } from '@holdfast/core/options';
import type { OpossumInside } from './opossum-types.ts';

export interface OpossumBreakerOptions {
  /** Shown in errors, events and snapshots. @default the breaker's own name, or that of its function; 'opossumBreaker' where it has neither */
  readonly name?: string | undefined;
  /**
   * Whether the breaker's own `timeout` bounds what is inside, as it bounds what is fired directly. It is read anew for each call.
   * @default true: whoever set up the breaker relies on it, and opossum has one of 10 s even if nobody asked. A shorter `timeout`
   * policy further in holds all the same
   */
  readonly timeout?: boolean | undefined;
  /**
   * Accepts a breaker with a fallback function, which then serves only what is fired directly.
   * @default false: a fallback that is silently not there would be missed in the next outage. Use the policy `fallback`
   */
  readonly ignoreFallback?: boolean | undefined;
  /** For the time-out and times in errors; the breaker's own open time runs on the system's timers. @default the system's */
  readonly clock?: Clock | undefined;
}

/** The options with their defaults in place. */
export type OpossumSettings = { readonly [O in keyof OpossumBreakerOptions]-?: Exclude<OpossumBreakerOptions[O], undefined> };

/** What opossum makes up for a breaker without a name: another one in each process, which tells nobody anything. */
const MADE_UP = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function nameOf({ name, options }: OpossumInside): string {
  return !options.name && MADE_UP.test(name) ? 'opossumBreaker' : name;
}

/** @throws {ConfigError} */
export function readOpossumOptions(breakersName: string, options: OpossumBreakerOptions | undefined): OpossumSettings {
  return readOptions('opossumBreaker', options, {
    name: text(breakersName),
    timeout: flag(true),
    ignoreFallback: flag(false),
    clock: aClock,
  });
}
