import Bottleneck from 'bottleneck';
import * as cockatiel from 'cockatiel';
import { bulkhead, circuitBreaker, pipeline, resilient } from 'holdfast';
import CircuitBreaker from 'opossum';
import pRetry from 'p-retry';
import { operation, settled } from '../../harness/subject.ts';
import type { Call, Subject } from '../../harness/subject.ts';
import { standardSeven } from './standard-seven.ts';

const seven = standardSeven();
const standard = resilient('standard', { fallback: () => 0 });
const four = pipeline('four', circuitBreaker(), bulkhead(), circuitBreaker({ name: 'second' }), bulkhead({ name: 'third' }));

const five = cockatiel.wrap(
  cockatiel.fallback(cockatiel.handleAll, 0),
  cockatiel.retry(cockatiel.handleAll, { maxAttempts: 2, backoff: new cockatiel.ExponentialBackoff() }),
  cockatiel.circuitBreaker(cockatiel.handleAll, {
    halfOpenAfter: 5_000,
    breaker: new cockatiel.SamplingBreaker({ threshold: 0.5, duration: 10_000 }),
  }),
  cockatiel.bulkhead(30, 60),
  cockatiel.timeout(500, cockatiel.TimeoutStrategy.Aggressive),
);
const opossum = new CircuitBreaker(operation);
const opossumWithin = new CircuitBreaker(operation, { timeout: 500 });
const bottleneck = new Bottleneck({ maxConcurrent: 30, highWater: 60 });

export const oneOpossum: Call = () => opossum.fire();

export const subjects: readonly Subject[] = [
  { name: 'holdfast: four guards', ours: true, call: () => four.run(operation) },
  { name: 'holdfast: the standard seven', ours: true, call: () => seven.run(operation) },
  { name: 'holdfast: resilient() as it comes', ours: true, call: () => standard.run(operation) },
  { name: 'holdfast: the standard seven over a settled promise', ours: true, call: () => seven.run(settled), bare: settled },
  { name: 'opossum: one breaker', ours: false, call: oneOpossum },
  { name: 'cockatiel: wrap of five', ours: false, call: () => five.execute(operation) },
  {
    name: 'p-retry around bottleneck around opossum',
    ours: false,
    call: () => pRetry(() => bottleneck.schedule(() => opossumWithin.fire()), { retries: 2 }),
  },
];
