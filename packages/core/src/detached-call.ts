import { inPlaceOfAmbient } from './ambient.ts';
import { OUTSIDE } from './cancel.ts';
import type { CancelTarget } from './cancel.ts';
import { Context } from './context.ts';
import { tell } from './fault.ts';
import { Frame } from './frame.ts';
import { earliest } from './limit.ts';
import type { CallContext, DetachedCall, PolicyCall, WrapperCall } from './policy.ts';

/**
 * Opens a context for a run that does not end with the call it is begun for: because other calls share it, or because it goes on in
 * the background. It has that call's id, key, criticality and attributes, and neither its deadline nor its caller's signal; it ends
 * by its own limit, by `cancel`, or with the last of the calls that joined it. Close it when what runs in it has ended.
 *
 * What is decided in it stands in the trail of the call it was opened for, and its events carry that call's id, also after that call
 * has ended.
 */
export function openDetachedCall(call: PolicyCall): DetachedCall {
  const frame = call instanceof Frame ? call : (call as Context).frame;
  return new Detached(new DetachedFrame(frame, call), call.attempt);
}

/** Begins no stretch of its own; the frames of what runs inside lead here and not to those of the call. */
class DetachedFrame extends Frame {
  /** The calls that share it. */
  readonly sharers = new Set<Context>();

  constructor({ owner, root }: Frame, { key, criticality, idempotent, attributes, attempt }: PolicyCall) {
    super(owner, { key, criticality, idempotent, attributes, attempt }, undefined, root);
  }

  /** To each of the calls that share it the operation was called. */
  override reach(): void {
    super.reach();
    for (const { frame } of this.sharers) frame.reach();
  }
}

class Detached extends Context implements DetachedCall {
  declare readonly frame: DetachedFrame;

  constructor(frame: DetachedFrame, attempt: number) {
    super(frame, attempt);
    frame.context = this;
  }

  override get deadline(): number {
    const { sharers, limits } = this.frame;
    const ends = [...sharers].map(({ deadline }) => deadline);
    return Math.min(earliest(limits, undefined), ends.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...ends));
  }

  limit(timeoutMs: number, makeError: () => unknown): void {
    this.frame.depth = OUTSIDE;
    this.frame.limit(timeoutMs, makeError);
    this.frame.depth = 0;
  }

  begin<T>(operation: (call: CallContext) => T): T {
    return inPlaceOfAmbient(this, () => operation(this));
  }

  join(call: WrapperCall, leave: (reason: unknown) => void): () => void {
    const { sharers } = this.frame;
    const context = call as Context;
    const target: CancelTarget = {
      cancelledAround: (reason, kind, cooperative) => {
        if (sharers.size === 1 && sharers.has(context)) this.cancelledAround(reason, kind, cooperative);
        else if (sharers.delete(context)) tell(context.frame, leave, reason);
      },
    };
    sharers.add(context);
    context.inner = this.inner; // whether its time ran out in a queue is asked of what runs here
    if (this.frame.reached) context.frame.reach();
    context.attach(target);
    return () => {
      sharers.delete(context);
      context.inner = undefined;
      context.detach(target);
    };
  }

  encloses(call: PolicyCall): boolean {
    return this.#waitsFor(call instanceof Frame ? call : (call as Context).frame, new Set());
  }

  /** What runs in a shared run is waited for by all who share it, and so by what they run in. */
  #waitsFor(from: Frame, seen: Set<Frame>): boolean {
    let frame: Frame | undefined = from;
    while (frame !== undefined && !seen.has(frame)) {
      if (frame === this.frame) return true;
      seen.add(frame);
      if (frame instanceof DetachedFrame && [...frame.sharers].some((sharer) => this.#waitsFor(sharer.frame, seen))) return true;
      const around: Context | Frame | undefined = frame.parent;
      frame = around === undefined || around instanceof Frame ? around : around.frame;
    }
    return false;
  }
}
