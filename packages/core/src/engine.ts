import { INTERRUPTED } from './cancel.ts';
import { Context } from './context.ts';
import { isCancellation, refused, returned, threw } from './ending.ts';
import { hub, publish, runAround } from './events.ts';
import { reportFault } from './fault.ts';
import { Frame } from './frame.ts';
import { Outcome } from './outcome.ts';
import { Rare } from './rare.ts';
import { Again } from './policy.ts';
import type { Operation, Turn } from './policy.ts';
import type { Stage, Stretch } from './stretch.ts';
import { isThenable } from './thenable.ts';
import { ofCall, Watch } from './watch.ts';

/**
 * Runs one call through a stretch: down through every `enter`, the operation, and up again through every `exit`.
 *
 * The invariant all else rests on: `frame.depth` is the number of stages entered and not yet exited. It grows only after an
 * `enter` has admitted, shrinks only with that stage's `exit`, and the run ends at zero.
 *
 * A call that no guard makes wait, or repeats, costs no async function: what comes after the operation is a handler on its promise,
 * and the caller gets the promise of that handler, which keeps V8's async stack traces whole. It saves a fifth of a bare pipeline.
 */
export function runStretch(stretch: Stretch, operation: Operation<unknown>, frame: Frame): Promise<unknown> {
  frame.stretch = stretch;
  frame.operation = operation;
  const door = descend(frame);
  if (door !== undefined) return goOn(frame, AGAIN, door);
  const pending = frame.outcome === undefined ? begin(frame) : undefined;
  if (pending !== undefined) {
    return pending.then(
      (value) => {
        returned(frame, value);
        return ending(frame);
      },
      (error: unknown) => {
        threw(frame, error);
        return ending(frame);
      },
    );
  }
  const turn = ascend(frame);
  if (turn !== DONE) return goOn(frame, turn);
  const { threw: didThrow, value, error } = finish(frame);
  return didThrow ? Promise.reject(error) : Promise.resolve(value);
}

/** Up again, for the handlers above. */
function ending(frame: Frame): unknown {
  const turn = ascend(frame);
  return turn === DONE ? result(frame) : goOn(frame, turn);
}

/** The rest of a call that somebody makes wait or repeats. */
async function goOn(frame: Frame, now: Way | PromiseLike<Turn>, at?: PromiseLike<unknown>): Promise<unknown> {
  let turn = now;
  let door = at;
  for (;;) {
    while (turn !== DONE && turn !== AGAIN) {
      try {
        turn = takeTurn(frame, (await interruptible(frame, turn)) as Turn);
      } catch (error) {
        turn = failTurn(frame, error);
      }
      if (turn === DONE) turn = ascend(frame);
    }
    if (turn === DONE) break;
    for (door ??= descend(frame); door !== undefined; door = descend(frame)) {
      const stage = frame.stretch.stages[frame.depth]!;
      try {
        frame.keep(await waitAtDoor(stage, frame, door));
        frame.depth++;
      } catch (error) {
        frame.outcome = refused(frame, error, stage);
      }
    }
    const pending = frame.outcome === undefined ? begin(frame) : undefined;
    if (pending !== undefined) {
      try {
        returned(frame, await pending);
      } catch (error) {
        threw(frame, error);
      }
    }
    turn = ascend(frame);
  }
  return result(frame);
}

/** What the call comes to, for an async function or a handler to answer with. */
function result(frame: Frame): unknown {
  const { threw: didThrow, value, error } = finish(frame);
  if (didThrow) throw error;
  return value;
}

/** The run is over. */
function finish(frame: Frame): Outcome {
  const outcome = frame.outcome!;
  const { finished } = frame.stretch;
  frame.close();
  if (frame.parent instanceof Context) frame.parent.innerOutcome = outcome;
  if (finished !== undefined) finished(frame, outcome);
  return outcome;
}

/** Enters stage after stage, until all are, one refuses, or one wants to be waited for. */
function descend(frame: Frame): PromiseLike<unknown> | undefined {
  if (frame.outcome !== undefined) return undefined; // refused at the last door
  const { stages } = frame.stretch;
  let { depth } = frame;
  try {
    for (; depth < stages.length; depth++) {
      frame.depth = depth;
      const { enter, guard } = stages[depth]!;
      if (enter === undefined) continue;
      const ticket = enter.call(guard, frame);
      if (ticket === undefined) continue;
      if (isThenable(ticket)) return ticket;
      frame.keep(ticket);
    }
    frame.depth = depth;
    if (frame.cancelled) throw INTERRUPTED;
  } catch (error) {
    frame.outcome = refused(frame, error, stages[frame.depth]);
  }
  return undefined;
}

/** Calls the operation. Returns what to wait for; where it ended at once, the outcome is there. */
function begin(frame: Frame): Promise<unknown> | undefined {
  const { stretch, operation } = frame;
  const context = new Context(frame, frame.attempt);
  frame.context = context;
  if (stretch.observed || hub.active) (frame.rare ??= new Rare()).watch = new Watch(stretch, context);
  let pending: unknown;
  try {
    pending = stretch.endsInOperation ? operate(operation, context) : runInside(stretch, operation, context);
    if (isThenable(pending)) {
      frame.pending = pending;
      if (frame.mayBeCancelled) return interruptible(frame, pending);
      return isPlain(pending) ? pending : new Promise((resolve) => resolve(pending));
    }
  } catch (error) {
    threw(frame, error);
    return undefined;
  }
  returned(frame, pending);
  return undefined;
}

const DONE = 'done';
const AGAIN = 'again';
type Way = typeof DONE | typeof AGAIN;

/** Exits stage after stage, until all are, one wants to descend again, or one wants to be waited for. */
function ascend(frame: Frame): Way | PromiseLike<Turn> {
  const { stages } = frame.stretch;
  for (let depth = frame.depth - 1; depth >= 0; depth--) {
    frame.leave(depth);
    const { exit, guard } = stages[depth]!;
    if (exit === undefined) continue;
    try {
      const turn = exit.call(guard, frame, frame.outcome!, frame.entered?.[depth]);
      if (turn === undefined) continue;
      if (isThenable<Turn>(turn)) return turn;
      if (takeTurn(frame, turn) === AGAIN) return AGAIN;
    } catch (error) {
      failTurn(frame, error);
    }
  }
  return DONE;
}

/** Does what the `exit` of the stage just left wants. */
function takeTurn(frame: Frame, turn: Turn): Way {
  if (turn instanceof Outcome) frame.outcome = turn;
  if (!(turn instanceof Again)) return DONE;
  if (frame.cancelled) throw INTERRUPTED;
  frame.descendAgain(turn.entered);
  return AGAIN;
}

/** The `exit` of the stage just left failed: by its own fault, or for the call was cancelled while it was waited for. */
function failTurn(frame: Frame, error: unknown): Way {
  if (isCancellation(frame, error)) frame.outcome = Outcome.thrown(frame.reason, frame.cut?.kind);
  else reportFault(frame.clock, frame, frame.stretch.stages[frame.depth]!.name, error);
  return DONE;
}

/** A promise whose `then` can be relied upon: not of a class of somebody's own, or with one of its own. */
function isPlain(pending: PromiseLike<unknown>): pending is Promise<unknown> {
  const { constructor, then } = pending as { constructor: unknown; then: unknown };
  return constructor === Promise && then === Promise.prototype.then;
}

function operate(operation: Operation<unknown>, context: Context): unknown {
  context.frame.reach();
  return hub.around ? operateAround(operation, context) : operation(context);
}

/** A function of its own: with its closure in `operate`, every call would make what the closure holds, 48 of 600 bytes. */
function operateAround(operation: Operation<unknown>, context: Context): unknown {
  return runAround(context, () => operation(context));
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
function interruptible(frame: Frame, pending: PromiseLike<unknown>): Promise<unknown> {
  const wait = new Promise((resolve, reject) => {
    frame.wait = reject;
    pending.then(resolve, reject);
  });
  if (frame.cancelled && (frame.abandoned || frame.pending === undefined)) frame.wait!(INTERRUPTED);
  return wait;
}

/** Waits until the guard admits. A guard that admits after the call has gone is exited then and there. */
async function waitAtDoor(stage: Stage, frame: Frame, entering: PromiseLike<unknown>): Promise<unknown> {
  const { clock, attempt } = frame;
  const queuedAt = clock.now();
  if (hub.active) publish({ type: 'call.queued', at: queuedAt, policy: stage.name, attempt, ...ofCall(frame) });
  let admitted = false;
  try {
    const ticket = await interruptible(frame, entering);
    admitted = true;
    return ticket;
  } finally {
    const at = clock.now();
    const waitedMs = at - queuedAt;
    frame.note(stage.name, 'waited', undefined, waitedMs);
    if (hub.active) publish({ type: 'call.dequeued', at, policy: stage.name, attempt, admitted, waitedMs, ...ofCall(frame) });
    if (!admitted) {
      const late = Outcome.notBegun(frame.cut?.kind ?? 'cancelled', frame.reason);
      entering.then((ticket) => exitLate(stage, frame, late, ticket), ignore);
    }
  }
}

async function exitLate(stage: Stage, frame: Frame, outcome: Outcome, ticket: unknown): Promise<void> {
  try {
    await stage.exit?.call(stage.guard, frame, outcome, ticket);
  } catch (error) {
    reportFault(frame.clock, frame, stage.name, error);
  }
}

const ignore = (): void => {};
