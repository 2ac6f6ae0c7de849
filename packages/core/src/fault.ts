import type { Clock } from './clock.ts';
import { hub, publish } from './events.ts';
import type { Frame } from './frame.ts';
import type { CallContext } from './policy.ts';

/** Says that code handed to a policy threw, or answered, what it must not; the call goes on as if it had not. */
export function reportFault(clock: Clock, { id: callId, pipeline }: CallContext, policy: string, error: unknown): void {
  if (hub.active) publish({ type: 'policy.faulted', at: clock.now(), callId, pipeline, policy, error });
}

/** A listener that throws must not keep the cancellation from the others. */
export function tell(frame: Frame, listener: (reason: unknown) => void, reason: unknown): void {
  try {
    listener(reason);
  } catch (error) {
    reportFault(frame.clock, frame, 'onCancel', error);
  }
}
