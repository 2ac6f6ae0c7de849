import { hub, publish } from '@holdfast/core';
import type { PolicyCall } from '@holdfast/core';

/** Says that a function given as an option failed where nobody else hears of it, as the engine does for guards. */
export function reportFault(policy: string, { id: callId, pipeline, clock }: PolicyCall, error: unknown): void {
  if (hub.active) publish({ type: 'policy.faulted', at: clock.now(), callId, pipeline, policy, error });
}
