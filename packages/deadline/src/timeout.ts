import { ConfigError, HoldfastError, withoutStack } from '@holdfast/core';
import type { Clock, Guard, GuardCall, PolicyCall, PolicyTraits } from '@holdfast/core';
import { aClock, anything, checkFixed, flag, readOptions, text, withChanges } from '@holdfast/core/options';
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
    const what = timeoutMs > 0 ? `no answer within ${Math.ceil(timeoutMs)} ms` : 'no time was left, so it was not begun';
    super(`${policy}: ${what}`, policy);
    this.timeoutMs = timeoutMs;
  }
}

export interface Timeout extends Guard {
  readonly name: string;
  readonly clock: Clock;
  traits(): PolicyTraits;
  /**
   * Checks another `ms` or `cooperative`, and returns what puts it in effect; for `pipeline.update`. It holds for attempts that begin
   * then: those under way keep the time they were promised, and what they share out of it.
   * @throws {ConfigError} as when it is made, and for another `name` or `clock`. Nothing has changed then.
   */
  prepareUpdate(options: Partial<TimeoutOptions>): () => void;
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
  let given = { ...options };
  let present = read('timeout', options);
  const { name, clock } = present;
  return {
    name,
    clock,
    enter(call) {
      const { ms, cooperative, makeError } = present;
      if (typeof ms === 'number') call.limit(ms, makeError, cooperative);
      else limitBy(ms, call, name, cooperative);
    },
    traits() {
      const { ms, cooperative } = present;
      return typeof ms === 'number' ? { limitMs: ms, cooperative } : { cooperative };
    },
    prepareUpdate(changes) {
      const next = withChanges(name, given, changes);
      const settings = read(name, next);
      checkFixed(name, present, settings, ['name', 'clock']);
      return () => {
        given = next;
        present = settings;
      };
    },
    snapshot() {
      const { ms, cooperative } = present;
      return { policy: name, kind: 'timeout', ms: typeof ms === 'number' ? ms : 'computed', cooperative };
    },
  };
}

interface Settings {
  readonly name: string;
  readonly ms: TimeoutOptions['ms'];
  readonly cooperative: boolean;
  readonly clock: Clock;
  /** For a fixed `ms`: made once, not for every attempt. */
  readonly makeError: () => TimeoutError;
}

function read(policy: string, options: TimeoutOptions): Settings {
  const { name, ms, cooperative, clock } = readOptions(policy, options, {
    name: text('timeout'),
    ms: LENGTH,
    cooperative: flag(false),
    clock: aClock,
  });
  if (ms === undefined) throw new ConfigError(name, 'ms', ms, LENGTH.allowed);
  return { name, ms, cooperative, clock, makeError: () => errorAfter(name, ms as number) };
}

function limitBy(ms: (call: PolicyCall) => number, call: GuardCall, name: string, cooperative: boolean): void {
  const timeoutMs = ms(call);
  if (typeof timeoutMs !== 'number' || Number.isNaN(timeoutMs)) {
    throw new ConfigError(name, 'ms', timeoutMs, 'a number, in milliseconds, as computed for this call');
  }
  // Not an error of the function's: what it shares out, such as `call.remainingMs()`, may be used up.
  if (timeoutMs <= 0) throw errorAfter(name, 0);
  call.limit(timeoutMs, () => errorAfter(name, timeoutMs), cooperative);
}

const errorAfter = (name: string, timeoutMs: number): TimeoutError => withoutStack(() => new TimeoutError(name, timeoutMs));

const LENGTH: OptionRule<TimeoutOptions['ms'] | undefined> = anything(
  'a number above 0, in milliseconds, or a function (call) => number',
  undefined,
  (value) => typeof value === 'function' || (typeof value === 'number' && value > 0),
);
