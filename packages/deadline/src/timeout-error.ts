import { HoldfastError } from '@holdfast/core';

/** One attempt took too long. Whether the dependency carried it out is not known, unless `timeoutMs` is 0: then it was not begun. */
export class TimeoutError extends HoldfastError {
  override readonly name = 'TimeoutError';
  readonly code = 'HOLDFAST_TIMEOUT';
  /** The time that was allowed, in milliseconds. */
  readonly timeoutMs: number;
  constructor(policy: string, timeoutMs: number) {
    const what = timeoutMs > 0 ? `no answer within ${Math.ceil(timeoutMs)} ms` : 'no time was left, so it was not begun';
    super(`${policy}: ${what}`, policy);
    this.timeoutMs = timeoutMs;
  }
}

declare module '@holdfast/core' {
  interface HoldfastErrors {
    HOLDFAST_TIMEOUT: TimeoutError;
  }
}
