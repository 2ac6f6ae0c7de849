import { hub, publish } from './events.ts';
import type { Frame } from './frame.ts';

/** Says that foreign code threw where it must not; the call goes on as if it had not. */
export function reportFault({ id: callId, pipeline, clock }: Frame, policy: string, error: unknown): void {
  if (hub.active) publish({ type: 'policy.faulted', at: clock.now(), callId, pipeline, policy, error });
}

/** A listener that throws must not keep the cancellation from the others. */
export function tell(frame: Frame, listener: (reason: unknown) => void, reason: unknown): void {
  try {
    listener(reason);
  } catch (error) {
    reportFault(frame, 'onCancel', error);
  }
}
