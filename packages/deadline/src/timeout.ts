import { ConfigError, withoutStack } from '@holdfast/core';
import type { Clock, Guard, GuardCall, PolicyCall, PolicyTraits } from '@holdfast/core';
import { aClock, anything, checkFixed, flag, readOptions, text, withChanges } from '@holdfast/core/options';
import type { OptionRule } from '@holdfast/core/options';
import { TimeoutError } from './timeout-error.ts';
import type { Totals } from './totals.ts';

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

/** A time-out at one moment, as plain JSON. */
export interface TimeoutSnapshot extends Readonly<Totals> {
  readonly policy: string;
  readonly kind: 'timeout';
  /** In milliseconds; or that a function says so for each attempt. */
  readonly ms: number | 'computed';
  readonly cooperative: boolean;
}

export interface Timeout extends Guard {
  readonly name: string;
  readonly clock: Clock;
  snapshot(): TimeoutSnapshot;
  /** Without `limitMs` where `ms` is a function: what it will say is not known. */
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
  const totals: Totals = { fired: 0, refused: 0 };
  let given = { ...options };
  let present = read('timeout', options, totals);
  const { name, clock } = present;
  return {
    name,
    clock,
    enter(call) {
      const { ms, cooperative, makeError } = present;
      if (typeof ms === 'number') call.limit(ms, makeError, cooperative);
      else limitBy(ms, call, present, totals);
    },
    traits() {
      const { ms, cooperative } = present;
      return typeof ms === 'number' ? { limitMs: ms, cooperative } : { cooperative };
    },
    prepareUpdate(changes) {
      const next = withChanges(name, given, changes);
      const settings = read(name, next, totals);
      checkFixed(name, present, settings, ['name', 'clock']);
      return () => {
        given = next;
        present = settings;
      };
    },
    snapshot() {
      const { ms, cooperative } = present;
      return { policy: name, kind: 'timeout', ms: typeof ms === 'number' ? ms : 'computed', cooperative, ...totals };
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

function read(policy: string, options: TimeoutOptions, totals: Totals): Settings {
  const { name, ms, cooperative, clock } = readOptions(policy, options, {
    name: text('timeout'),
    ms: LENGTH,
    cooperative: flag(false),
    clock: aClock,
  });
  if (ms === undefined) throw new ConfigError(name, 'ms', ms, LENGTH.allowed);
  return { name, ms, cooperative, clock, makeError: () => endAfter(ms as number, name, totals) };
}

function limitBy(ms: (call: PolicyCall) => number, call: GuardCall, { name, cooperative }: Settings, totals: Totals): void {
  const timeoutMs = ms(call);
  if (typeof timeoutMs !== 'number' || Number.isNaN(timeoutMs)) {
    throw new ConfigError(name, 'ms', timeoutMs, 'a number, in milliseconds, as computed for this call');
  }
  if (timeoutMs > 0) return call.limit(timeoutMs, () => endAfter(timeoutMs, name, totals), cooperative);
  // Not an error of the function's: what it shares out, such as `call.remainingMs()`, may be used up.
  totals.refused++;
  throw errorAfter(name, 0);
}

function endAfter(timeoutMs: number, name: string, totals: Totals): TimeoutError {
  totals.fired++;
  return errorAfter(name, timeoutMs);
}

const errorAfter = (name: string, timeoutMs: number): TimeoutError => withoutStack(() => new TimeoutError(name, timeoutMs));

const LENGTH: OptionRule<TimeoutOptions['ms'] | undefined> = anything(
  'a number above 0, in milliseconds, or a function (call) => number',
  undefined,
  (value) => typeof value === 'function' || (typeof value === 'number' && value > 0),
);
