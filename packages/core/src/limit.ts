import type { Timer } from './clock.ts';
import type { Context } from './context.ts';
import { HoldfastError } from './errors.ts';
import type { Frame } from './frame.ts';

/**
 * A time limit set by a stage, for what is inside it. Its own timer; not by a base class, whose constructor and private fields made
 * the whole standard pipeline a fifth slower.
 *
 * Of the limits of a frame one is armed at a time, the one that ends first, and not before the call waits for something: so a call
 * with a deadline and a time-out costs one timer, which saves 5 % of a standard call. `dueAt` is `NaN` while a limit has no fixed
 * end yet: then it counts from the end of the turn in which the armed one was armed; or from the end of this turn, if none is armed
 * or that one has no fixed end either.
 */
export class Limit implements Timer {
  declare dueAt: number;
  declare delayMs: number;
  declare previous: Timer | undefined;
  declare next: Timer | undefined;
  /** Whether its time is over. */
  declare fired: boolean;
  declare readonly frame: Frame;
  declare readonly depth: number;
  declare readonly makeError: () => unknown;
  declare readonly cooperative: boolean;
  declare readonly outer: Limit | undefined;

  constructor(frame: Frame, timeoutMs: number, makeError: () => unknown, cooperative: boolean) {
    this.dueAt = Number.NaN;
    this.delayMs = timeoutMs > 0 ? timeoutMs : 0; // NaN is 0, too
    this.previous = undefined;
    this.next = undefined;
    this.fired = false;
    this.frame = frame;
    this.depth = frame.depth;
    this.makeError = makeError;
    this.cooperative = cooperative;
    this.outer = frame.limits;
    if (frame.armed !== undefined && !Number.isNaN(frame.armed.dueAt)) this.dueAt = frame.clock.now() + this.delayMs;
    if (frame.soonest === undefined ? this.outer === undefined : endsBefore(this, frame.soonest)) frame.soonest = this;
  }

  fire(stalled: boolean, dueAt: number): void {
    const { frame } = this;
    this.fired = true;
    this.dueAt = dueAt;
    fixEnds(frame);
    frame.armed = undefined;
    frame.soonest = undefined;
    let reason: unknown;
    try {
      reason = this.makeError();
    } catch (error) {
      reason = error;
    }
    const policy = reason instanceof HoldfastError ? reason.policy : frame.pipeline;
    frame.note(policy, 'timed_out', reason, this.delayMs);
    const now = frame.clock.now();
    this.dueAt = now; // kept for who asks for the deadline of what was left behind
    frame.cancelInside(this.depth, reason, stalled ? 'stalled' : 'failure', this.cooperative);
    const next = soonestOf(frame.limits);
    if (next !== undefined && next.endsAt <= now) next.fire(stalled, next.endsAt); // in one stall, or at one time
    else keepTime(frame);
  }

  /** It holds no longer; who still asks for the deadline learns what it was. One closed within its turn ends when that is asked. */
  close(): void {
    const { frame } = this;
    if (frame.soonest === this) frame.soonest = undefined;
    if (frame.armed === this) {
      fixEnds(frame);
      this.rest();
      frame.armed = undefined;
    }
    if (Number.isNaN(this.dueAt) && this.delayMs < Number.POSITIVE_INFINITY) this.delayMs = 0;
  }

  get endsAt(): number {
    if (!Number.isNaN(this.dueAt)) return this.dueAt;
    const { armed, clock } = this.frame;
    const isFixed = armed !== undefined && !Number.isNaN(armed.dueAt);
    this.dueAt = (isFixed ? armed.dueAt - armed.delayMs : clock.now()) + this.delayMs;
    return this.dueAt;
  }

  /** Whether it has nothing more to do: its time is over, or what it would cancel is left behind already. */
  get isMoot(): boolean {
    const { cut } = this.frame;
    return this.fired || (cut !== undefined && !cut.cooperative && this.depth >= cut.depth);
  }

  arm(): void {
    const { dueAt, delayMs } = this;
    const { clock } = this.frame;
    if (Number.isNaN(dueAt)) return clock.arm(this, delayMs);
    clock.arm(this, dueAt - clock.now());
    this.dueAt = dueAt;
    this.delayMs = delayMs;
  }

  /** Another one is armed in its place. */
  rest(): void {
    const end = this.dueAt;
    this.frame.clock.disarm(this);
    this.dueAt = end;
  }
}

/** Sees to it that the limit that ends first is armed: of those that end together the outermost. To be called before every wait. */
export function keepTime(frame: Frame): void {
  const { armed } = frame;
  const soonest = (frame.soonest ??= soonestOf(frame.limits));
  if (soonest === armed) return;
  if (armed !== undefined) {
    fixEnds(frame);
    armed.rest();
  }
  frame.armed = soonest;
  soonest?.arm();
}

function soonestOf(innermost: Limit | undefined): Limit | undefined {
  let soonest: Limit | undefined;
  for (let limit = innermost; limit !== undefined; limit = limit.outer) {
    if (!limit.isMoot && (soonest === undefined || !endsBefore(soonest, limit))) soonest = limit;
  }
  return soonest;
}

function endsBefore(one: Limit, other: Limit): boolean {
  const togetherBegun = Number.isNaN(one.dueAt) && Number.isNaN(other.dueAt);
  return togetherBegun ? one.delayMs < other.delayMs : one.endsAt < other.endsAt;
}

/** Before another is armed, or none: what began in the turn of the armed one has an end now. */
function fixEnds(frame: Frame): void {
  const { armed } = frame;
  if (armed === undefined || Number.isNaN(armed.dueAt)) return;
  for (let limit = frame.limits; limit !== undefined; limit = limit.outer) {
    if (Number.isNaN(limit.dueAt)) limit.dueAt = limit.endsAt;
  }
}

/** The earliest end among the limits of a frame and those around it. */
export function earliest(limits: Limit | undefined, around: Context | Frame | undefined): number {
  let end = around === undefined ? Number.POSITIVE_INFINITY : around.deadline;
  for (let limit = limits; limit !== undefined; limit = limit.outer) end = Math.min(end, limit.endsAt);
  return end;
}
