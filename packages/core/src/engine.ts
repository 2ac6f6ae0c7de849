import { INTERRUPTED } from './cancel.ts';
import { checkKind } from './classify.ts';
import type { Classify, Ending } from './classify.ts';
import { Alarm } from './clock.ts';
import { Context } from './context.ts';
import { hub, publish, runAround } from './events.ts';
import { reportFault } from './fault.ts';
import { Frame } from './frame.ts';
import { Outcome } from './outcome.ts';
import type { OutcomeKind } from './outcome.ts';
import { Again } from './policy.ts';
import type { CallContext, Guard, Operation, Turn, Wrapper } from './policy.ts';
import { Rare } from './rare.ts';
import { isThenable } from './thenable.ts';

/**
 * A guard, its methods looked up once: every stage has the same shape, so the loop below stays monomorphic whatever the guards
 * look like.
 */
export interface Stage {
  readonly name: string;
  readonly guard: Guard<unknown>;
  readonly enter: Guard['enter'];
  readonly exit: Guard['exit'];
}

/** Neighbouring guards run as one loop; a wrapper ends the stretch and holds the next one inside. */
export interface Stretch {
  readonly stages: readonly Stage[];
  readonly wrapper: Wrapper<unknown> | undefined;
  readonly inside: Stretch | undefined;
  readonly classify: Classify | undefined;
  readonly slowCallMs: number;
  /** Whether durations or slowness are asked for. */
  readonly observed: boolean;
  /** Whether what it runs is the caller's operation, an attempt, rather than another policy. */
  readonly endsInOperation: boolean;
  /** Told when a call through it has ended; the pipeline's own, on its first stretch. */
  readonly finished: ((frame: Frame, outcome: Outcome) => void) | undefined;
}

/**
 * Runs one call through a stretch: down through every `enter`, the operation, and up again through every `exit`.
 *
 * The invariant all else rests on: `frame.depth` is the number of stages entered and not yet exited. It grows only after an
 * `enter` has admitted, shrinks only with that stage's `exit`, and the run ends at zero.
 *
 * The one async function a call pays for. What needs no waiting is done by the plain functions below it, which V8 makes faster code
 * of: seven guards cost a third less than in one loop here.
 */
export async function runStretch(stretch: Stretch, operation: Operation<unknown>, frame: Frame): Promise<unknown> {
  const { stages } = stretch;
  const entered: unknown[] = new Array(stages.length);
  for (;;) {
    let context: Context | undefined;
    let watch: Watch | undefined;
    let pending: unknown;
    try {
      for (let door = descend(stages, entered, frame); door !== undefined; door = descend(stages, entered, frame)) {
        entered[frame.depth] = await waitAtDoor(stages[frame.depth]!, frame, door);
        frame.depth++;
      }
      if (frame.cancelled) throw INTERRUPTED;
      context = frame.context = new Context(frame, frame.attempt);
      if (stretch.observed || hub.active) watch = new Watch(stretch, context);
      pending = stretch.endsInOperation ? operate(operation, context) : runInside(stretch, operation, context);
      const value = isThenable(pending) ? await (frame.mayBeCancelled ? interruptible(frame, pending, true) : pending) : pending;
      frame.outcome = returned(stretch, context, watch, value);
    } catch (error) {
      frame.outcome =
        context === undefined ? refused(frame, error, stages[frame.depth]) : threw(stretch, context, watch, error, pending);
    }
    frame.context = undefined;

    let turn = ascend(stages, entered, frame);
    while (turn !== DONE && turn !== AGAIN) {
      try {
        turn = takeTurn(entered, frame, (await interruptible(frame, turn, false)) as Turn);
      } catch (error) {
        turn = failTurn(stages, frame, error);
      }
      if (turn === DONE) turn = ascend(stages, entered, frame);
    }
    if (turn === DONE) break;
  }
  const outcome = frame.outcome;
  frame.close();
  if (frame.parent instanceof Context) frame.parent.innerOutcome = outcome;
  if (stretch.finished !== undefined) stretch.finished(frame, outcome);
  if (outcome.threw) throw outcome.error;
  return outcome.value;
}

/** Enters stage after stage, until the operation is reached or a guard wants to be waited for. */
function descend(stages: readonly Stage[], entered: unknown[], frame: Frame): PromiseLike<unknown> | undefined {
  while (frame.depth < stages.length) {
    const stage = stages[frame.depth]!;
    const ticket = stage.enter === undefined ? undefined : stage.enter.call(stage.guard, frame);
    if (isThenable(ticket)) return ticket;
    entered[frame.depth++] = ticket;
  }
  return undefined;
}

const DONE = 'done';
const AGAIN = 'again';
type Way = typeof DONE | typeof AGAIN;

/** Exits stage after stage, until all are, one wants to descend again, or one wants to be waited for. */
function ascend(stages: readonly Stage[], entered: unknown[], frame: Frame): Way | PromiseLike<Turn> {
  while (frame.depth > 0) {
    const index = frame.depth - 1;
    frame.leave(index);
    const stage = stages[index]!;
    if (stage.exit === undefined) continue;
    try {
      const turn = stage.exit.call(stage.guard, frame, frame.outcome!, entered[index]);
      if (turn === undefined) continue;
      if (isThenable<Turn>(turn)) return turn;
      if (takeTurn(entered, frame, turn) === AGAIN) return AGAIN;
    } catch (error) {
      failTurn(stages, frame, error);
    }
  }
  return DONE;
}

/** Does what the `exit` of the stage just left wants. */
function takeTurn(entered: unknown[], frame: Frame, turn: Turn): Way {
  if (turn instanceof Outcome) frame.outcome = turn;
  if (!(turn instanceof Again)) return DONE;
  if (frame.cancelled) throw INTERRUPTED;
  entered[frame.depth] = turn.entered;
  frame.descendAgain();
  return AGAIN;
}

/** The `exit` of the stage just left failed: by its own fault, or for the call was cancelled while it was waited for. */
function failTurn(stages: readonly Stage[], frame: Frame, error: unknown): Way {
  if (isCancellation(frame, error)) frame.outcome = Outcome.thrown(frame.reason, frame.cancelKind);
  else reportFault(frame, stages[frame.depth]!.name, error);
  return DONE;
}

/** Our own interruption, or the reason handed on by a guard that heard of it first. */
function isCancellation(frame: Frame, error: unknown): boolean {
  return error === INTERRUPTED || (frame.cancelled && error === frame.reason);
}

/** What is noted of a running attempt when somebody wants to know. */
class Watch {
  readonly startedAt: number;
  slow: boolean = false;
  readonly #context: Context;
  readonly #alarm: Alarm | undefined;
  /** Whether `attempt.started` was published. */
  readonly #told: boolean;

  constructor({ slowCallMs, endsInOperation }: Stretch, context: Context) {
    const { clock } = context;
    this.#context = context;
    this.#told = hub.active && endsInOperation;
    this.startedAt = clock.now();
    if (slowCallMs < Number.POSITIVE_INFINITY) {
      const alarm = new Alarm((stalled) => {
        // A blocked loop says nothing about the dependency: it gets its time once more.
        if (stalled) clock.arm(alarm, slowCallMs);
        else this.slow = true;
      });
      this.#alarm = alarm;
      clock.arm(alarm, slowCallMs);
    }
    if (!this.#told) return;
    (context.frame.root.rare ??= new Rare()).operations++;
    publish({ type: 'attempt.started', at: this.startedAt, attempt: context.attempt, ...ofCall(context) });
  }

  end(kind: OutcomeKind, threw: boolean, value: unknown, error: unknown, ran: boolean): Outcome {
    const context = this.#context;
    const { clock } = context;
    if (this.#alarm !== undefined) clock.disarm(this.#alarm);
    const at = clock.now();
    const durationMs = at - this.startedAt;
    if (hub.active && this.#told) {
      publish({ type: 'attempt.finished', at, attempt: context.attempt, kind, error, durationMs, ...ofCall(context) });
    }
    return new Outcome(kind, threw, value, error, durationMs, ran);
  }
}

const ofCall = ({ id: callId, pipeline }: CallContext): { callId: number; pipeline: string } => ({ callId, pipeline });

function operate(operation: Operation<unknown>, context: Context): unknown {
  context.frame.reach();
  return hub.around ? runAround(context, () => operation(context)) : operation(context);
}

/**
 * The wrapper, with the next stretch as its operation: each run has a frame of its own, inside the context the wrapper hands on
 * (a fork, or that of a pipeline which is the wrapper), but of the same call.
 */
function runInside({ wrapper, inside }: Stretch, operation: Operation<unknown>, context: Context): unknown {
  if (wrapper === undefined) return operation(context);
  const { frame } = context;
  return wrapper.run(
    (around = context) => runStretch(inside!, operation, new Frame(frame.owner, undefined, around as Context, frame)),
    context,
  );
}

/**
 * The promise, or the call's cancellation if that comes first. The executor's own functions are handed straight to `then`, which
 * keeps V8's async stack traces whole.
 */
function interruptible(frame: Frame, pending: PromiseLike<unknown>, operating: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    frame.operating = operating;
    frame.wait = reject;
    pending.then(resolve, reject);
    if (frame.cancelled && (frame.abandoned || !operating)) reject(INTERRUPTED);
  });
}

/** Waits until the guard admits. A guard that admits after the call has gone is exited then and there. */
async function waitAtDoor(stage: Stage, frame: Frame, entering: PromiseLike<unknown>): Promise<unknown> {
  const { clock, attempt } = frame;
  const queuedAt = clock.now();
  if (hub.active) publish({ type: 'call.queued', at: queuedAt, policy: stage.name, attempt, ...ofCall(frame) });
  let admitted = false;
  try {
    const ticket = await interruptible(frame, entering, false);
    admitted = true;
    return ticket;
  } finally {
    const at = clock.now();
    const waitedMs = at - queuedAt;
    frame.note(stage.name, 'waited', undefined, waitedMs);
    if (hub.active) publish({ type: 'call.dequeued', at, policy: stage.name, attempt, admitted, waitedMs, ...ofCall(frame) });
    if (!admitted) {
      const late = notBegun(frame.cancelKind, frame.reason);
      entering.then((ticket) => exitLate(stage, frame, late, ticket), ignore);
    }
  }
}

async function exitLate(stage: Stage, frame: Frame, outcome: Outcome, ticket: unknown): Promise<void> {
  try {
    await stage.exit?.call(stage.guard, frame, outcome, ticket);
  } catch (error) {
    reportFault(frame, stage.name, error);
  }
}

const ignore = (): void => {};

/** A door stayed shut, or the call was over before it reached the operation. */
function refused(frame: Frame, thrown: unknown, stage: Stage | undefined): Outcome {
  const isOver = isCancellation(frame, thrown);
  const error = isOver ? frame.reason : thrown;
  const cancelled = isOver && frame.cancelKind === 'cancelled';
  // A limit that the refusing stage had set for its inside ends with it.
  frame.leave(frame.depth);
  if (cancelled) return notBegun('cancelled', error);
  const policy = stage?.name ?? frame.pipeline;
  if (!isOver) frame.note(policy, 'refused', error); // a limit that ended the wait said so itself
  if (hub.active) {
    publish({ type: 'call.rejected', at: frame.clock.now(), policy, error, ...ofCall(frame) });
  }
  return notBegun('rejected', error);
}

export const notBegun = (kind: OutcomeKind, error: unknown): Outcome =>
  new Outcome(kind, true, undefined, error, undefined, false);

/** Whether an ending is the one that a run inside had, and was classified there. */
function isInner({ endsInOperation }: Stretch, inner: Outcome | undefined, didThrow: boolean, end: unknown): inner is Outcome {
  if (inner === undefined || inner.threw !== didThrow || !Object.is(didThrow ? inner.error : inner.value, end)) return false;
  // An operation's own `undefined` or `true` is not that of a run it made, though they are the same.
  return didThrow || !endsInOperation || (typeof end === 'object' && end !== null);
}

function returned(stretch: Stretch, context: Context, watch: Watch | undefined, value: unknown): Outcome {
  const { innerOutcome } = context;
  let kind: OutcomeKind | undefined;
  if (isInner(stretch, innerOutcome, false, value)) kind = innerOutcome.kind;
  else if (stretch.classify !== undefined) {
    kind = classified(stretch.classify, { threw: false, value, error: undefined }, context);
  }
  kind ??= 'success';
  if (watch === undefined) return new Outcome(kind, false, value, undefined);
  if (kind === 'success' && watch.slow) kind = 'slow';
  return watch.end(kind, false, value, undefined, true);
}

function threw(stretch: Stretch, context: Context, watch: Watch | undefined, thrown: unknown, pending: unknown): Outcome {
  const { frame, innerOutcome, inner } = context;
  let error = thrown;
  let kind: OutcomeKind | undefined;
  let ran = true;
  if (error === INTERRUPTED || (frame.cancelled && !frame.abandoned)) {
    error = frame.reason;
    kind = frame.cancelKind;
    ran = frame.reached;
    // Its time ran out in a queue of ours further in, where nobody is to blame for it.
    if (kind !== 'cancelled' && (!ran || inner?.reached === false)) kind = 'rejected';
    if (frame.abandoned && isThenable(pending)) frame.leaveBehind(pending);
  } else if (isInner(stretch, innerOutcome, true, error)) {
    kind = innerOutcome.kind;
    ran = stretch.endsInOperation || innerOutcome.ran;
  } else if (stretch.classify !== undefined) {
    kind = classified(stretch.classify, { threw: true, value: undefined, error }, context);
  }
  kind ??= 'failure';
  return watch === undefined
    ? new Outcome(kind, true, undefined, error, undefined, ran)
    : watch.end(kind, true, undefined, error, ran);
}

function classified(classify: Classify, ending: Ending, context: Context): OutcomeKind | undefined {
  try {
    return checkKind(classify(ending, context));
  } catch (error) {
    reportFault(context.frame, 'classify', error);
    return undefined;
  }
}
