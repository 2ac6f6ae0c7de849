import type { Guard } from '@holdfast/core';
import Bottleneck from 'bottleneck';
import CircuitBreaker from 'opossum';
import type { Options } from 'p-retry';
import { expectTypeOf, test } from 'vitest';
import { bottleneckLimiter, opossumBreaker, retryFromPRetry } from '../src/interop.ts';

// Checked by `tsc -p tsconfig.test.json`; never run. Instances of the libraries, typed as their own types say, go in without a cast.

test('breakers of any action', () => {
  expectTypeOf(opossumBreaker(new CircuitBreaker(async () => {}))).toExtend<Guard>();
  const many = new CircuitBreaker(async (id: number, _name: string, ..._rest: Date[]) => ({ id }));
  expectTypeOf(opossumBreaker).toBeCallableWith(many, { name: 'fetch', timeout: false, ignoreFallback: true });
  const typed: CircuitBreaker<[Request], Response> = new CircuitBreaker((request: Request) => fetch(request));
  expectTypeOf(opossumBreaker).toBeCallableWith(typed);
  // @ts-expect-error -- a limiter is no breaker
  opossumBreaker(new Bottleneck());
});

test('limiters, also of a group, and chained', () => {
  expectTypeOf(bottleneckLimiter(new Bottleneck({ maxConcurrent: 1 }))).toExtend<Guard>();
  expectTypeOf(bottleneckLimiter).toBeCallableWith(new Bottleneck.Group({ minTime: 10 }).key('tenant'));
  expectTypeOf(bottleneckLimiter).toBeCallableWith(new Bottleneck().chain(new Bottleneck()), { weight: () => 2 });
  // @ts-expect-error -- a group is many limiters
  bottleneckLimiter(new Bottleneck.Group());
});

test('options of p-retry', () => {
  const options: Options = { retries: 3, onFailedAttempt: async ({ error }) => console.log(error), shouldRetry: () => true };
  expectTypeOf(retryFromPRetry(options, { name: 'again' })).toExtend<Guard>();
  expectTypeOf<Options>().toExtend<NonNullable<Parameters<typeof retryFromPRetry>[0]>>();
  // @ts-expect-error -- p-retry's options say it
  retryFromPRetry(options, { attempts: 3 });
});
