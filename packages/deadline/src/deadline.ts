import { ConfigError, DeadlineError, withoutStack } from '@holdfast/core';
import type { Clock, Guard } from '@holdfast/core';
import { aClock, durationMs, flag, readOptions, text } from '@holdfast/core/options';
import type { OptionRule } from '@holdfast/core/options';

export interface DeadlineOptions {
  readonly name?: string | undefined;
  /**
   * How long the whole call may take, in milliseconds; `Infinity` leaves that to the limits further out. There is no default: it is
   * what you promise to your own caller.
   */
  readonly ms: number;
  /**
   * Refuses at once when less than this is left of an outer deadline, such as the inbound request's: work that cannot be finished in
   * time is not begun. The typical time of a good answer is a good value.
   * @default 0: only what is already over is refused
   */
  readonly minimumMs?: number | undefined;
  /** Only tells the operation and waits for it, see `timeout`. @default false */
  readonly cooperative?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

export interface Deadline extends Guard {
  readonly name: string;
  readonly clock: Clock;
}

/**
 * Bounds the whole call: all attempts, the waits between them and those in queues. The first of this deadline, the caller's
 * `timeoutMs` and those further out holds, so it only ever shrinks on the way in; `call.remainingMs()` tells what is left.
 * When it is over the call rejects with {@link DeadlineError}. An operation that was running then counts as a failure of the
 * dependency, unless our own event loop was blocked; a call that was still queueing does not.
 * @throws {ConfigError} for options out of range.
 */
export function deadline(options: DeadlineOptions): Deadline {
  const { name, ms, minimumMs, cooperative, clock } = readOptions('deadline', options, {
    name: text('deadline'),
    ms: LENGTH,
    minimumMs: durationMs(0),
    cooperative: flag(false),
    clock: aClock,
  });
  if (ms === undefined) throw new ConfigError(name, 'ms', ms, LENGTH.allowed);
  if (minimumMs >= ms) throw new ConfigError(name, 'minimumMs', minimumMs, `below ms, which is ${ms}`);
  const makeError = (): DeadlineError => withoutStack(() => new DeadlineError(name, ms));
  return {
    name,
    clock,
    enter(call) {
      const end = call.deadline;
      // Only a call inside another one has a deadline here, so that most calls read no clock.
      if (end < Number.POSITIVE_INFINITY) {
        const leftMs = end - clock.now();
        if (leftMs <= 0 || leftMs < minimumMs) throw withoutStack(() => new DeadlineError(name, Math.max(0, leftMs)));
      }
      call.limit(ms, makeError, cooperative);
    },
    snapshot: () => ({ policy: name, kind: 'deadline', ms, minimumMs, cooperative }),
  };
}

const LENGTH: OptionRule<number | undefined> = durationMs<undefined>(undefined, { above: true, orInfinity: true });
