import { ConfigError, HoldfastError, withoutStack } from '@holdfast/core';
import type { BottleneckSettings } from './bottleneck-options.ts';
import type { BottleneckJobOptions } from './bottleneck-types.ts';
import { withCause } from './with-cause.ts';

/**
 * A Bottleneck limiter did not take the call, or dropped it while it waited: its queue was full, it is blocked or stopped, or its store
 * failed. `cause` is the limiter's own error, which says which; there is none if it was told to drop jobs silently. The call was not
 * made. `retryAfterMs` is `undefined`: Bottleneck tells nobody when there will be room.
 */
export class LimiterRefusedError extends HoldfastError {
  override readonly name = 'LimiterRefusedError';
  readonly code: 'HOLDFAST_RATE_LIMITED' | 'HOLDFAST_BULKHEAD_FULL';

  constructor(policy: string, code: LimiterRefusedError['code'], reason: string) {
    super(`${policy}: ${reason}`, policy);
    this.code = code;
  }
}

/** How Bottleneck refuses a job that can never run; it has no other sign of it. */
const NEVER_FITS = /^Impossible to add a job having a weight/;
const SAME_ID = /^A job with the same id already exists/;

export function refusalOf(
  { name, limits }: BottleneckSettings,
  { weight, id }: BottleneckJobOptions,
  cause: unknown,
): HoldfastError {
  const message = cause instanceof Error ? cause.message : 'the limiter dropped the call';
  const error = withoutStack((): HoldfastError => {
    if (NEVER_FITS.test(message)) return new ConfigError(name, 'weight', weight, "at most the limiter's maxConcurrent");
    if (SAME_ID.test(message)) return new ConfigError(name, 'id', id, 'that of one job at a time');
    const code = limits === 'rate' ? 'HOLDFAST_RATE_LIMITED' : 'HOLDFAST_BULKHEAD_FULL';
    return new LimiterRefusedError(name, code, message);
  });
  return cause === undefined ? error : withCause(error, cause);
}
