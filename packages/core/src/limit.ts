import type { Timer } from './clock.ts';
import type { Context } from './context.ts';
import { HoldfastError } from './errors.ts';
import type { Frame } from './frame.ts';

/**
 * A time limit set by a stage, for what is inside it. Its own timer; not by a base class, whose constructor and private fields made
 * the whole standard pipeline a fifth slower.
 */
export class Limit implements Timer {
  declare dueAt: number;
  declare delayMs: number;
  declare previous: Timer | undefined;
  declare next: Timer | undefined;
  declare readonly frame: Frame;
  declare readonly depth: number;
  declare readonly makeError: () => unknown;
  declare readonly cooperative: boolean;
  declare readonly outer: Limit | undefined;

  constructor(frame: Frame, depth: number, makeError: () => unknown, cooperative: boolean, outer: Limit | undefined) {
    this.dueAt = Number.NaN;
    this.delayMs = 0;
    this.previous = undefined;
    this.next = undefined;
    this.frame = frame;
    this.depth = depth;
    this.makeError = makeError;
    this.cooperative = cooperative;
    this.outer = outer;
  }

  fire(stalled: boolean): void {
    this.dueAt = this.frame.clock.now(); // kept for who asks for the deadline of what was left behind
    if (this.frame.hasLeft(this.depth)) return; // by one further out that came due in the same go
    let reason: unknown;
    try {
      reason = this.makeError();
    } catch (error) {
      reason = error;
    }
    const policy = reason instanceof HoldfastError ? reason.policy : this.frame.pipeline;
    this.frame.note(policy, 'timed_out', reason, this.delayMs);
    this.frame.cancelInside(this.depth, reason, stalled ? 'stalled' : 'failure', this.cooperative);
  }

  /** It holds no longer; who still asks for the deadline learns what it was. One closed within its turn ends when that is asked. */
  close(): void {
    const end = this.dueAt;
    this.frame.clock.disarm(this);
    this.dueAt = end;
    if (Number.isNaN(end) && this.delayMs < Number.POSITIVE_INFINITY) this.delayMs = 0;
  }

  /** A limit of this very turn has no fixed end yet: reading it fixes it. */
  get endsAt(): number {
    if (Number.isNaN(this.dueAt)) this.dueAt = this.frame.clock.now() + this.delayMs;
    return this.dueAt;
  }
}

/** The earliest end among the limits of a frame and those around it. */
export function earliest(limits: Limit | undefined, around: Context | Frame | undefined): number {
  let end = around === undefined ? Number.POSITIVE_INFINITY : around.deadline;
  for (let limit = limits; limit !== undefined; limit = limit.outer) end = Math.min(end, limit.endsAt);
  return end;
}
