import type { Timer } from './clock.ts';
import type { Context } from './context.ts';
import { HoldfastError } from './errors.ts';
import type { Frame } from './frame.ts';

/**
 * A time limit set by a stage, for what is inside it. Its own timer; not by a base class, whose constructor and private fields made
 * the whole standard pipeline a fifth slower.
 */
export class Limit implements Timer {
  dueAt: number = Number.NaN;
  delayMs: number = 0;
  previous: Timer | undefined = undefined;
  next: Timer | undefined = undefined;
  /** Whether its stage was left. */
  closed: boolean = false;
  readonly frame: Frame;
  readonly depth: number;
  readonly makeError: () => unknown;
  readonly cooperative: boolean;
  readonly outer: Limit | undefined;

  constructor(frame: Frame, depth: number, makeError: () => unknown, cooperative: boolean, outer: Limit | undefined) {
    this.frame = frame;
    this.depth = depth;
    this.makeError = makeError;
    this.cooperative = cooperative;
    this.outer = outer;
  }

  fire(stalled: boolean): void {
    let reason: unknown;
    try {
      reason = this.makeError();
    } catch (error) {
      reason = error;
    }
    const policy = reason instanceof HoldfastError ? reason.policy : this.frame.pipeline;
    this.frame.note(policy, 'timed_out', reason, this.delayMs);
    this.dueAt = this.frame.clock.now(); // kept for who asks for the deadline of what was left behind
    this.frame.cancelInside(this.depth, reason, stalled ? 'stalled' : 'failure', this.cooperative);
  }

  /** It holds no longer; who still asks for the deadline learns what it was. */
  close(): void {
    const end = this.dueAt;
    this.frame.clock.disarm(this);
    this.dueAt = end;
    this.closed = true;
  }

  /** A limit of this very turn has no fixed end yet: reading it fixes it. One that was closed within its turn never got one. */
  get endsAt(): number {
    if (!Number.isNaN(this.dueAt)) return this.dueAt;
    this.dueAt = this.frame.clock.now() + (this.closed && this.delayMs < Number.POSITIVE_INFINITY ? 0 : this.delayMs);
    return this.dueAt;
  }
}

/** The earliest end among the limits of a frame and those around it. */
export function earliest(limits: Limit | undefined, around: Context | Frame | undefined): number {
  let end = around === undefined ? Number.POSITIVE_INFINITY : around.deadline;
  for (let limit = limits; limit !== undefined; limit = limit.outer) end = Math.min(end, limit.endsAt);
  return end;
}
