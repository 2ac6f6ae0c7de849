import { ConfigError, DeadlineError, withoutStack } from '@holdfast/core';
import type { Clock, Guard, PolicyTraits } from '@holdfast/core';
import { aClock, checkFixed, durationMs, flag, readOptions, text, withChanges } from '@holdfast/core/options';
import type { OptionRule } from '@holdfast/core/options';
import type { Totals } from './totals.ts';

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

/** A deadline at one moment, as plain JSON. */
export interface DeadlineSnapshot extends Readonly<Totals> {
  readonly policy: string;
  readonly kind: 'deadline';
  /** In milliseconds, as `minimumMs`. */
  readonly ms: number;
  readonly minimumMs: number;
  readonly cooperative: boolean;
}

export interface Deadline extends Guard {
  readonly name: string;
  readonly clock: Clock;
  snapshot(): DeadlineSnapshot;
  traits(): PolicyTraits;
  /**
   * Checks another `ms`, `minimumMs` or `cooperative`, and returns what puts it in effect; for `pipeline.update`. It holds for calls
   * that come then: those under way keep the time they were promised.
   * @throws {ConfigError} as when it is made, and for another `name` or `clock`. Nothing has changed then.
   */
  prepareUpdate(options: Partial<DeadlineOptions>): () => void;
}

/**
 * Bounds the whole call: all attempts, the waits between them and those in queues. The first of this deadline, the caller's
 * `timeoutMs` and those further out holds, so it only ever shrinks on the way in; `call.remainingMs()` tells what is left.
 * When it is over the call rejects with {@link DeadlineError}. An operation that was running then counts as a failure of the
 * dependency, unless our own event loop was blocked; a call that was still queueing does not.
 * @throws {ConfigError} for options out of range.
 */
export function deadline(options: DeadlineOptions): Deadline {
  const totals: Totals = { fired: 0, refused: 0 };
  let given = { ...options };
  let present = read('deadline', options, totals);
  const { name, clock } = present;
  return {
    name,
    clock,
    enter(call) {
      const { ms, minimumMs, cooperative, makeError } = present;
      const end = call.deadline;
      // Only a call inside another one has a deadline here, so that most calls read no clock.
      if (end < Number.POSITIVE_INFINITY) {
        const leftMs = end - clock.now();
        if (leftMs <= 0 || leftMs < minimumMs) {
          totals.refused++;
          throw withoutStack(() => tooLate(name, Math.max(0, leftMs), minimumMs));
        }
      }
      call.limit(ms, makeError, cooperative);
    },
    traits: () => ({ limitMs: present.ms, cooperative: present.cooperative }),
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
      const { ms, minimumMs, cooperative } = present;
      return { policy: name, kind: 'deadline', ms, minimumMs, cooperative, ...totals };
    },
  };
}

interface Settings {
  readonly name: string;
  readonly ms: number;
  readonly minimumMs: number;
  readonly cooperative: boolean;
  readonly clock: Clock;
  /** Made once, not for every call. */
  readonly makeError: () => DeadlineError;
}

function read(policy: string, options: DeadlineOptions, totals: Totals): Settings {
  const { name, ms, minimumMs, cooperative, clock } = readOptions(policy, options, {
    name: text('deadline'),
    ms: LENGTH,
    minimumMs: durationMs(0),
    cooperative: flag(false),
    clock: aClock,
  });
  if (ms === undefined) throw new ConfigError(name, 'ms', ms, LENGTH.allowed);
  if (minimumMs >= ms) throw new ConfigError(name, 'minimumMs', minimumMs, `below ms, which is ${ms}`);
  const makeError = (): DeadlineError => {
    totals.fired++;
    return withoutStack(() => new DeadlineError(name, ms));
  };
  return { name, ms, minimumMs, cooperative, clock, makeError };
}

const LENGTH: OptionRule<number | undefined> = durationMs<undefined>(undefined, { above: true, orInfinity: true });

function tooLate(policy: string, leftMs: number, minimumMs: number): DeadlineError {
  const message =
    leftMs === 0 ? 'no time is left' : `not begun with ${Math.round(leftMs)} ms left, which is less than ${minimumMs}`;
  return new DeadlineError(policy, leftMs, `${policy}: ${message}`);
}
