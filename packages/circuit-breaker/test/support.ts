import type { CircuitBreaker, CircuitBreakerOptions } from '@holdfast/circuit-breaker';
import { circuitBreaker } from '@holdfast/circuit-breaker';
import { pipeline } from '@holdfast/core';
import type { Guard, Pipeline, PipelineOptions } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';

export interface Setting {
  readonly clock: VirtualClock;
  readonly breaker: CircuitBreaker;
  readonly service: Pipeline;
  /** Runs one call at a time, and lets it come to rest. */
  play(...operations: (() => unknown)[]): Promise<unknown[]>;
}

/** A service behind a breaker that opens by two failed calls and for one second, with what else is given inside of it. */
export function behindBreaker(
  options: CircuitBreakerOptions = {},
  { classify, inside = [] }: { classify?: PipelineOptions['classify']; inside?: readonly Guard[] } = {},
): Setting {
  const clock = new VirtualClock();
  const breaker = circuitBreaker({ minimumCalls: 2, openMs: 1_000, random: () => 0, clock, ...options });
  const service = pipeline({ name: 'service', clock, classify }, breaker, ...inside);
  const play = async (...operations: (() => unknown)[]): Promise<unknown[]> => {
    const results: unknown[] = [];
    for (const operation of operations) {
      const ending = service.run(operation).catch((error: unknown) => error);
      await clock.advance(0);
      results.push(await ending);
    }
    return results;
  };
  return { clock, breaker, service, play };
}

export const works = (): string => 'answer';
export const fails = (): never => {
  throw new Error('down');
};

export class TooLate extends Error {}

/** A time limit, as one's own policy would be. */
export const timeLimit = (ms: number): Guard => ({
  name: 'limit',
  enter: (call) => call.limit(ms, () => new TooLate()),
});

/** An operation that hangs until it is told. */
export function hanging(): { operation: () => Promise<string>; answer(): void; fail(): void } {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { operation: () => promise, answer: () => resolve('late answer'), fail: () => reject(new Error('late failure')) };
}
