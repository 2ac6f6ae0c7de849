import { bulkhead, circuitBreaker, deadline, fallback, pipeline, retry, timeout } from 'holdfast';
import type { Pipeline } from 'holdfast';

/** The place of the load shedder is held by a bulkhead without a queue, which does the same kind of arithmetic. */
export const standardSeven = (): Pipeline<number> =>
  pipeline(
    'seven',
    fallback(() => 0),
    deadline({ ms: 5_000 }),
    bulkhead({ name: 'shed', concurrency: 1_000, queue: 0 }),
    retry(),
    circuitBreaker(),
    bulkhead(),
    timeout({ ms: 500 }),
  );
