import { ConfigError, withoutStack } from './errors.ts';
import { hub, publish } from './events.ts';
import { reportFault } from './fault.ts';
import { Frame } from './frame.ts';
import { Outcome } from './outcome.ts';
import { checkPolicy, nameOf } from './plan.ts';
import type { Guard, PolicyCall } from './policy.ts';
import { isThenable } from './thenable.ts';
import { mergeOf, prepareChange } from './update.ts';

/** A call as the shadowed guard sees it: the guard may limit it, and give up on it, without touching the call itself. */
class ShadowFrame extends Frame {
  override whenSettled(): Promise<void> | undefined {
    return (this.parent as Frame).whenSettled(); // what runs, runs in the call itself
  }
  override note(): void {} // nothing was done about the call
}

/** A call the guard admitted. */
interface Admitted {
  readonly frame: ShadowFrame;
  readonly entered: unknown;
}

export interface Shadow extends Guard {
  readonly name: string;
  /** Calls the guard would have refused, kept waiting or timed out so far. */
  readonly refusals: number;
  snapshot(): object;
  /** Options of the guard. @throws {ConfigError} */
  prepareUpdate(options: object): () => void;
}

/**
 * Lets a guard judge every call and refuses nothing: what it would have refused, kept waiting or timed out is counted and published
 * as `shadow.refused`. What it would have kept waiting counts as refused, for it does not wait here: its place in the queue is given
 * back at once. What it would do about an outcome, such as trying again, is not done.
 *
 * What the guard learns is what the unprotected calls did, so a bulkhead in the shadow counts only the calls it would have admitted.
 * Its `slowCallMs` holds for itself alone, and is compared with the duration by the clock, blocked event loops included. Events
 * of its own, such as that its circuit opened, it publishes as ever.
 * @throws {ConfigError} for a wrapper, because whether and how often the inside runs cannot be tried without doing it, and for a
 * guard without `enter`, which refuses nothing.
 */
export function shadow(guard: Guard<unknown>): Shadow {
  checkPolicy('shadow', 'policy', guard);
  if (guard.enter === undefined) throw new ConfigError('shadow', 'policy', guard, 'a guard with an enter: only that can refuse');
  const guardName = nameOf(guard);
  const name = `shadow(${guardName})`;
  const { clock } = guard;
  const slowCallMs = (): number => guard.slowCallMs ?? Number.POSITIVE_INFINITY; // it may be changed
  let refusals = 0;

  const refuse = (call: PolicyCall, error: unknown): void => {
    refusals++;
    if (!hub.active) return;
    const { id: callId, pipeline } = call;
    publish({ type: 'shadow.refused', at: call.clock.now(), callId, pipeline, policy: guardName, error });
  };

  const admit = (call: PolicyCall, frame: ShadowFrame, entered: unknown): Admitted => {
    frame.depth = 1;
    frame.wait = () => {
      if (frame.cut?.depth !== 0) return; // the end of the call, not a limit of the guard's own
      frame.wait = undefined;
      refuse(call, frame.reason);
    };
    return { frame, entered };
  };

  /** The guard wants the call to wait: it gives up its place, and is told so if it admits all the same. */
  const leaveQueue = (frame: ShadowFrame, entering: PromiseLike<unknown>): void => {
    const reason = giveUp(frame);
    entering.then((ticket) => {
      try {
        ignoreFailure(guard.exit?.(frame, Outcome.thrown(reason, 'cancelled'), ticket));
      } catch (error) {
        reportFault(frame.clock, frame, name, error);
      }
    }, ignore);
    end(frame);
  };

  const asJudged = (outcome: Outcome): Outcome => {
    const { kind, threw, value, error, durationMs } = outcome;
    if (kind !== 'success' || durationMs === undefined || durationMs < slowCallMs()) return outcome;
    return new Outcome('slow', threw, value, error, durationMs);
  };

  return {
    name,
    ...(clock === undefined ? {} : { clock }),
    get timed() {
      return guard.timed === true || slowCallMs() < Number.POSITIVE_INFINITY;
    },
    get refusals() {
      return refusals;
    },
    enter(call): Admitted | undefined {
      const around = call as Frame;
      const frame = new ShadowFrame(around.owner, undefined, around, around);
      try {
        const entered = guard.enter!(frame);
        if (!isThenable(entered)) return admit(call, frame, entered);
        refuse(call, undefined);
        leaveQueue(frame, entered);
      } catch (error) {
        end(frame);
        refuse(call, error);
      }
      return undefined;
    },
    exit(call, outcome, admitted) {
      if (admitted === undefined) return;
      const { frame, entered } = admitted as Admitted;
      frame.attempt = call.attempt;
      frame.leave(0);
      try {
        const turn = guard.exit?.(frame, asJudged(outcome), entered);
        if (!isThenable(turn)) return;
        ignoreFailure(turn);
        giveUp(frame); // the wait it began is not waited for
      } finally {
        frame.close();
      }
    },
    prepareUpdate: (options) => prepareChange(name, guard, options),
    mergeUpdates: (before, next) => mergeOf(guard, before, next),
    snapshot: () => ({ policy: name, kind: 'shadow', refusals, of: guard.snapshot?.() ?? {} }),
  };
}

/** Ends whatever the guard waits for, as if the caller had given up. */
function giveUp(frame: ShadowFrame): Error {
  const reason = withoutStack(() => new Error('a policy in the shadow does not make a call wait'));
  frame.cancelledAround(reason, 'cancelled', false);
  return reason;
}

/** Takes back the limits the guard has set, and stops to follow the call. */
function end(frame: ShadowFrame): void {
  frame.leave(0);
  frame.close();
}

function ignoreFailure(turn: unknown): void {
  if (isThenable(turn)) turn.then(ignore, ignore);
}

const ignore = (): void => {};
