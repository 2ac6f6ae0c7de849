import type { RetryOptions, Runner } from '../../scenario.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms).unref());

/** A loop with a sleep in it. */
export function retry({ attempts = 3, waitMs = 100, factor = 1, deadlineMs, ...options }: RetryOptions = {}): Runner {
  let budget = options.budget ?? Number.POSITIVE_INFINITY;

  const waitAfter = (retries: number, error: unknown): number => {
    const asked = Number((error as { headers?: Headers } | undefined)?.headers?.get('retry-after')) * 1_000;
    if (options.retryAfter && asked) return asked;
    if (factor === 1) return waitMs;
    // Grows by what the doubled wait is more than the one before.
    const grown = waitMs * 2 ** retries - waitMs * 2 ** (retries - 1) + (waitMs * 2 ** retries) / 2;
    return Math.min(grown, options.capMs ?? Number.POSITIVE_INFINITY);
  };

  const call: Runner['call'] = async (operation, signal) => {
    for (let attempt = 1; ; attempt++) {
      let failure: unknown;
      try {
        const value = await operation(signal);
        if (!options.failed?.(value) || attempt >= attempts) return value;
      } catch (error) {
        failure = error;
        if (attempt >= attempts || budget <= 0 || signal?.aborted) throw error;
      }
      await sleep(waitAfter(attempt - 1, failure));
      budget--;
    }
  };
  if (deadlineMs === undefined) return { takesSignal: true, call };
  const late = (): Promise<never> => sleep(deadlineMs).then(() => Promise.reject(new Error('deadline')));
  return { takesSignal: true, call: (operation, signal) => Promise.race([call(operation, signal), late()]) };
}
