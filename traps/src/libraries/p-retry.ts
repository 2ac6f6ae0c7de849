import pRetry from 'p-retry';
import { Lacks } from '../scenario.ts';
import type { Capabilities, RetryOptions, Runner } from '../scenario.ts';

/** @see https://github.com/sindresorhus/p-retry */
export function capabilities(): Partial<Capabilities> {
  return {
    retry: (options = {}) => retried(options),
    defaultRetry: () => runner({}),
    plain: () => runner({ retries: 0 }),
  };
}

type Options = NonNullable<Parameters<typeof pRetry>[1]>;

function runner(options: Options): Runner {
  return {
    takesSignal: true,
    call: (operation, signal) => pRetry(() => operation(signal), signal === undefined ? options : { ...options, signal }),
  };
}

function retried({
  attempts = 3,
  waitMs = 100,
  factor = 1,
  capMs,
  deadlineMs,
  failed,
  budget,
  retryAfter,
}: RetryOptions): Runner {
  if (budget !== undefined) throw new Lacks('has no retry budget');
  if (retryAfter) throw new Lacks('knows no Retry-After');
  if (failed !== undefined) throw new Lacks('retries errors only');
  return runner({
    retries: attempts - 1,
    minTimeout: waitMs,
    factor,
    ...(capMs !== undefined && { maxTimeout: capMs }),
    ...(deadlineMs !== undefined && { maxRetryTime: deadlineMs }),
  });
}
