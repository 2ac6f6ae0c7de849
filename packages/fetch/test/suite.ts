import { bulkheadTests } from './suite-bulkhead.ts';
import { cancellationTests } from './suite-cancellation.ts';
import { circuitTests } from './suite-circuit.ts';
import { connectionTests } from './suite-connections.ts';
import { propagationTests } from './suite-propagation.ts';
import { retryTests } from './suite-retry.ts';
import { timeTests } from './suite-time.ts';
import { transparencyTests } from './suite-transparency.ts';

/** What holds of a resilient fetch, whichever fetch is underneath. */
export function fetchSuite(send: typeof fetch): void {
  transparencyTests(send);
  retryTests(send);
  connectionTests(send);
  timeTests(send);
  cancellationTests(send);
  circuitTests(send);
  bulkheadTests(send);
  propagationTests(send);
}
