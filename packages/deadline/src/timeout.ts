import { ConfigError, HoldfastError, withoutStack } from '@holdfast/core';
import type { Clock, Guard, GuardCall, PolicyCall } from '@holdfast/core';
import { aClock, anything, flag, readOptions, text } from '@holdfast/core/options';
import type { OptionRule } from '@holdfast/core/options';

export interface TimeoutOptions {
  readonly name?: string | undefined;
  /**
   * How long an attempt may take, in milliseconds; or a function of the call that says so, where 0 or less means that no time is
   * left and the attempt is not begun. `Infinity` sets no bound. There is no default: only you know what "too long" means for
   * this dependency; twice its p99 is a good start.
   */
  readonly ms: number | ((call: PolicyCall) => number);
  /**
   * Only tells the operation, through `call.signal`, and waits for it to end. By default the operation is left behind when the time
   * is over, for much code ignores its signal, and a caller who was promised 500 ms should not wait for 10 s.
   * @default false
   */
  readonly cooperative?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

/** One attempt took too long. Whether the dependency carried it out is not known, unless `timeoutMs` is 0: then it was not begun. */
export class TimeoutError extends HoldfastError {
  override readonly name = 'TimeoutError';
  readonly code = 'HOLDFAST_TIMEOUT';
  /** The time that was allowed, in milliseconds. */
  readonly timeoutMs: number;
  constructor(policy: string, timeoutMs: number) {
    super(`${policy}: no answer within ${timeoutMs} ms`, policy);
    this.timeoutMs = timeoutMs;
  }
}

export interface Timeout extends Guard {
  readonly name: string;
  readonly clock: Clock;
}

/**
 * Bounds one attempt: everything inside it, waits in inner queues included. When the time is over, `call.signal` aborts and the
 * attempt fails with {@link TimeoutError}; a late answer or error of an operation left behind is dropped quietly.
 *
 * Time that our own blocked event loop took is not charged to the dependency: an answer that was there when the loop came back
 * wins, and where none was and the block lasted for at least half the time-out beyond its end, the attempt is classified `stalled`,
 * which opens no circuit. For the same reason the time may be
 * counted from the end of the event-loop turn in which the attempt began.
 *
 * Not promised: that a left operation stops, or that its work is undone. A caller's abort is never reported as a time-out.
 * @throws {ConfigError} for options out of range; the call rejects with one if `ms` is a function and gives no number.
 */
export function timeout(options: TimeoutOptions): Timeout {
  const { name, ms, cooperative, clock } = readOptions('timeout', options, {
    name: text('timeout'),
    ms: LENGTH,
    cooperative: flag(false),
    clock: aClock,
  });
  if (ms === undefined) throw new ConfigError(name, 'ms', ms, LENGTH.allowed);
  const errorAfter = (timeoutMs: number): TimeoutError => withoutStack(() => new TimeoutError(name, timeoutMs));
  const snapshot = (): object => ({ policy: name, kind: 'timeout', ms: typeof ms === 'number' ? ms : 'computed', cooperative });

  if (typeof ms === 'number') {
    const makeError = (): TimeoutError => errorAfter(ms);
    return { name, clock, enter: (call) => call.limit(ms, makeError, cooperative), snapshot };
  }
  const enter = (call: GuardCall): void => {
    const timeoutMs = ms(call);
    if (typeof timeoutMs !== 'number' || Number.isNaN(timeoutMs)) {
      throw new ConfigError(name, 'ms', timeoutMs, 'a number, in milliseconds, as computed for this call');
    }
    // Not an error of the function's: what it shares out, such as `call.remainingMs()`, may be used up.
    if (timeoutMs <= 0) throw errorAfter(0);
    call.limit(timeoutMs, () => errorAfter(timeoutMs), cooperative);
  };
  return { name, clock, enter, snapshot };
}

const LENGTH: OptionRule<TimeoutOptions['ms'] | undefined> = anything(
  'a number above 0, in milliseconds, or a function (call) => number',
  undefined,
  (value) => typeof value === 'function' || (typeof value === 'number' && value > 0),
);
