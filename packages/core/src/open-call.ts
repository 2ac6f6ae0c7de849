import { ambientCall } from './ambient.ts';
import { OUTSIDE } from './cancel.ts';
import type { Clock } from './clock.ts';
import { Context } from './context.ts';
import { ConfigError, DeadlineError, withoutStack } from './errors.ts';
import { Frame } from './frame.ts';
import type { CallOwner } from './frame.ts';
import { Limit } from './limit.ts';
import type { CallContext, ForkedCall } from './policy.ts';
import { checkRunOptions } from './run-options.ts';
import type { RunOptions } from './run-options.ts';
import { systemClock } from './system-clock.ts';

/**
 * Opens a call: within its parent's, if it has one, and bound by its own signal and time-out. It may be cancelled from the start.
 * @throws {ConfigError} for options that cannot be.
 */
export function openFrame(owner: CallOwner, options: RunOptions | CallContext | undefined): Frame {
  const ambient = ambientCall();
  if (options === undefined && ambient === undefined) return new Frame(owner, undefined, undefined, undefined);
  return openWithin(owner, options, ambient);
}

function openWithin(owner: CallOwner, options: RunOptions | CallContext | undefined, ambient: Context | undefined): Frame {
  if (options === undefined) return new Frame(owner, undefined, sameTime(owner, ambient), undefined);
  if (options instanceof Context || options instanceof Frame)
    return new Frame(owner, undefined, sameTime(owner, options), undefined);
  const given = options as RunOptions;
  checkRunOptions(owner.name, given);
  const { parent, timeoutMs } = given;
  const frame = new Frame(owner, given, sameTime(owner, (parent as Context | Frame | undefined) ?? ambient), undefined);
  if (timeoutMs !== undefined) {
    const makeError = (): DeadlineError => withoutStack(() => new DeadlineError(owner.name, timeoutMs));
    frame.depth = OUTSIDE;
    if (timeoutMs > 0) frame.limit(timeoutMs, makeError);
    else endAtOnce(frame, makeError);
    frame.depth = 0;
  }
  return frame;
}

/** For a call that is over before it began: its time is up now, and no timer need tell. */
function endAtOnce(frame: Frame, makeError: () => DeadlineError): void {
  frame.limits = new Limit(frame, OUTSIDE, makeError, false, undefined);
  frame.cancelledAround(makeError(), 'cancelled', false);
}

/** The deadlines of two clocks cannot be compared. */
function sameTime<P extends Context | Frame | undefined>({ name, clock }: CallOwner, parent: P): P {
  if (parent === undefined || parent.clock === clock) return parent;
  throw new ConfigError(name, 'parent', `a call of ${parent.pipeline} on another clock`, "a call on the pipeline's own clock");
}

/**
 * Opens the context of a call that no pipeline runs, such as the serving of an inbound request: pipelines run in it with
 * `parent`, or by `withCall` of `@holdfast/deadline`, keep within its time and end with it. Close it when it has ended.
 * @throws {ConfigError} for options that cannot be.
 */
export function openCall(name: string, options?: RunOptions, clock: Clock = systemClock): ForkedCall {
  const frame = openFrame({ name, clock }, options);
  const context = new Context(frame, frame.attempt);
  frame.context = context;
  if (frame.cancelled) context.cancel(frame.reason);
  return context;
}
