import { ConfigError } from './errors.ts';
import { hub, publish } from './events.ts';
import { Frame } from './frame.ts';
import { Outcome } from './outcome.ts';
import { checkPolicy, nameOf } from './plan.ts';
import type { Guard, PolicyCall } from './policy.ts';

/** A call the shadowed guard admitted, in a frame of its own that the guard may limit without touching the call. */
interface Admitted {
  readonly frame: Frame;
  readonly entered: unknown;
}

export interface Shadow extends Guard {
  readonly name: string;
  /** What the guard would have refused so far. */
  readonly refusals: number;
}

/**
 * Lets a guard judge every call and refuses nothing: what it would have refused, kept waiting or timed out is counted and published
 * as `shadow.refused`. What it would have kept waiting counts as refused, for it does not wait here. What it learns is what the
 * unprotected calls did, so a bulkhead in the shadow counts only the calls it would have admitted.
 * @throws {ConfigError} for a wrapper: whether and how often the inside runs cannot be tried without doing it.
 */
export function shadow(guard: Guard<unknown>): Shadow {
  checkPolicy('shadow', 'policy', guard);
  if (guard.enter === undefined) throw new ConfigError('shadow', 'policy', nameOf(guard), 'a guard with an enter');
  const name = `shadow(${nameOf(guard)})`;
  let refusals = 0;

  const refuse = (call: PolicyCall, error: unknown): void => {
    refusals++;
    if (!hub.active) return;
    const { id: callId, pipeline, clock } = call;
    publish({ type: 'shadow.refused', at: clock.now(), callId, pipeline, policy: nameOf(guard), error });
  };

  const leave = (outcome: Outcome, { frame, entered }: Admitted): void => {
    frame.leave(0);
    const turn = guard.exit?.(frame, outcome, entered);
    // What it would do about the outcome is not done: a wait it began ends here.
    if (turn instanceof Promise) turn.catch(() => {});
    frame.cancelledAround(undefined, 'cancelled', false);
    frame.close();
  };

  return {
    name,
    ...(guard.slowCallMs === undefined ? {} : { slowCallMs: guard.slowCallMs }),
    ...(guard.timed === undefined ? {} : { timed: guard.timed }),
    get refusals() {
      return refusals;
    },
    enter(call): Admitted | undefined {
      const around = call as Frame;
      const frame = new Frame(around.owner, undefined, around, around);
      let entered: unknown;
      try {
        entered = guard.enter!(frame);
      } catch (error) {
        frame.leave(0);
        frame.close();
        refuse(call, error);
        return undefined;
      }
      if (entered instanceof Promise) {
        refuse(call, undefined);
        const late = Outcome.thrown(undefined, 'cancelled');
        entered.then((ticket) => void guard.exit?.(frame, late, ticket), () => {});
        frame.cancelledAround(undefined, 'cancelled', false);
        frame.close();
        return undefined;
      }
      frame.depth = 1;
      frame.wait = (reason) => {
        if (frame.cancelDepth === 0) refuse(call, reason); // its own limit, not the call's end
      };
      return { frame, entered };
    },
    exit(_call, outcome, admitted) {
      if (admitted !== undefined) leave(outcome, admitted as Admitted);
    },
    snapshot: () => ({ policy: name, refusals, of: guard.snapshot?.() ?? {} }),
  };
}
