import { HoldfastError } from '@holdfast/core';

/**
 * Why a call was refused:
 * - `open`: the circuit is open;
 * - `half-open`: it is, and all trial calls are under way;
 * - `ramp`: it has just closed, and this call is not among the share let through so far; another one may be;
 * - `isolated`: an operator has isolated the dependency.
 */
export type RefusalReason = 'open' | 'half-open' | 'ramp' | 'isolated';

const IN_WORDS: Record<RefusalReason, string> = {
  open: 'the circuit is open',
  'half-open': 'the circuit is half-open and its trial calls are under way',
  ramp: 'the circuit has just closed and lets only a share of the calls through',
  isolated: 'the circuit is isolated',
};

/** The circuit refused the call; the operation was not called. Carries no stack: it is made in bulk during an outage. */
export class CircuitOpenError extends HoldfastError {
  override readonly name = 'CircuitOpenError';
  readonly code = 'HOLDFAST_CIRCUIT_OPEN';
  readonly reason: RefusalReason;

  /**
   * @param retryAfterMs exactly how long the circuit stays open; while half-open or in the ramp when another try makes sense;
   * `undefined` while isolated, as nobody knows.
   */
  constructor(policy: string, reason: RefusalReason, retryAfterMs: number | undefined) {
    const after = retryAfterMs === undefined ? '' : `; try again in ${Math.ceil(retryAfterMs)} ms`;
    super(`${policy}: ${IN_WORDS[reason]}${after}`, policy, retryAfterMs);
    this.reason = reason;
  }
}

declare module '@holdfast/core' {
  interface HoldfastErrors {
    HOLDFAST_CIRCUIT_OPEN: CircuitOpenError;
  }
}
