import { INTERRUPTED } from './cancel.ts';
import { checkKind } from './classify.ts';
import type { Classify, Ending } from './classify.ts';
import type { Context } from './context.ts';
import { hub, publish } from './events.ts';
import { reportFault } from './fault.ts';
import type { Frame } from './frame.ts';
import { Outcome } from './outcome.ts';
import type { OutcomeKind } from './outcome.ts';
import type { Stage, Stretch } from './stretch.ts';
import { ofCall } from './watch.ts';

/** A door stayed shut, or the call was over before it reached the operation. */
export function refused(frame: Frame, thrown: unknown, stage: Stage | undefined): Outcome {
  const isOver = isCancellation(frame, thrown);
  const error = isOver ? frame.reason : thrown;
  const cancelled = isOver && frame.cut?.kind === 'cancelled';
  // A limit that the refusing stage had set for its inside ends with it.
  frame.leave(frame.depth);
  if (cancelled) return Outcome.notBegun('cancelled', error);
  const policy = stage?.name ?? frame.pipeline;
  if (!isOver) frame.note(policy, 'refused', error); // a limit that ended the wait said so itself
  if (hub.active) {
    publish({ type: 'call.rejected', at: frame.clock.now(), policy, error, ...ofCall(frame) });
  }
  return Outcome.notBegun('rejected', error);
}

/** Whether an ending is the one that a run inside had, and was classified there. */
function isInner({ endsInOperation }: Stretch, inner: Outcome | undefined, didThrow: boolean, end: unknown): inner is Outcome {
  if (inner === undefined || inner.threw !== didThrow || !Object.is(didThrow ? inner.error : inner.value, end)) return false;
  // An operation's own `undefined` or `true` is not that of a run it made, though they are the same.
  return didThrow || !endsInOperation || (typeof end === 'object' && end !== null);
}

/** The operation answered. */
export function returned(frame: Frame, value: unknown): void {
  const { stretch } = frame;
  const watch = frame.rare?.watch;
  const context = frame.context!;
  const { innerOutcome } = context;
  let kind: OutcomeKind | undefined;
  if (isInner(stretch, innerOutcome, false, value)) kind = innerOutcome.kind;
  else if (stretch.classify !== undefined) {
    kind = classified(stretch.classify, { threw: false, value, error: undefined }, context);
  }
  kind ??= 'success';
  if (watch === undefined) frame.outcome = new Outcome(kind, false, value, undefined);
  else frame.outcome = watch.end(kind === 'success' && watch.slow ? 'slow' : kind, false, value, undefined, true);
  frame.letGo();
}

/** The operation threw, or was cut. */
export function threw(frame: Frame, thrown: unknown): void {
  const { stretch, pending } = frame;
  const watch = frame.rare?.watch;
  const context = frame.context!;
  const { innerOutcome, inner } = context;
  let error = thrown;
  let kind: OutcomeKind | undefined;
  let ran = true;
  if (error === INTERRUPTED || (frame.cancelled && !frame.abandoned)) {
    error = frame.reason;
    kind = frame.cut!.kind;
    ran = frame.reached;
    // Its time ran out in a queue of ours further in, where nobody is to blame for it.
    if (kind !== 'cancelled' && (!ran || inner?.reached === false)) kind = 'rejected';
    if (frame.abandoned && pending !== undefined) frame.leaveBehind(pending);
  } else if (isInner(stretch, innerOutcome, true, error)) {
    kind = innerOutcome.kind;
    ran = stretch.endsInOperation || innerOutcome.ran;
  } else if (stretch.classify !== undefined) {
    kind = classified(stretch.classify, { threw: true, value: undefined, error }, context);
  }
  kind ??= 'failure';
  frame.outcome =
    watch === undefined
      ? new Outcome(kind, true, undefined, error, undefined, ran)
      : watch.end(kind, true, undefined, error, ran);
  frame.letGo();
}

function classified(classify: Classify, ending: Ending, context: Context): OutcomeKind | undefined {
  try {
    return checkKind(classify(ending, context));
  } catch (error) {
    reportFault(context.frame.clock, context.frame, 'classify', error);
    return undefined;
  }
}

/** Our own interruption, or the reason handed on by a guard that heard of it first. */
export function isCancellation(frame: Frame, error: unknown): boolean {
  return error === INTERRUPTED || (frame.cancelled && error === frame.reason);
}
