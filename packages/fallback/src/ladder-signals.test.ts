import { describe, expect, test } from 'vitest';
import { circuitSignal, inFlightSignal, queueSignal } from './ladder-signals.ts';

const holding = (snapshot: object) => ({ name: 'pool', snapshot: () => snapshot });

describe('a signal that could never be bad is refused when it is made', () => {
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a name', 'payments'],
    ['what has no state', {}],
    ['a state that is no word', { state: 1 }],
  ])('circuitSignal of %s', (_what, breaker) => {
    expect(() => circuitSignal(breaker as never)).toThrow(
      expect.objectContaining({ code: 'HOLDFAST_CONFIG', policy: 'circuitSignal', option: 'breaker', value: breaker }),
    );
    expect(() => circuitSignal(breaker as never)).toThrow(/must be an object with a state, such as a circuitBreaker/);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a circuit breaker', holding({ policy: 'circuitBreaker', kind: 'circuitBreaker', state: 'closed' })],
    ['what has no snapshot', { queued: 0, queue: 5 }],
    ['half a queue', holding({ queued: 0 })],
    ['a queue of words', holding({ queued: '0', queue: '5' })],
    ['a queue that is never full', holding({ queued: 0, queue: Number.POSITIVE_INFINITY })],
    ['an empty snapshot', { snapshot: () => undefined }],
  ])('queueSignal of %s', (_what, pool) => {
    expect(() => queueSignal(pool as never)).toThrow(
      expect.objectContaining({ code: 'HOLDFAST_CONFIG', policy: 'queueSignal', option: 'pool', value: pool }),
    );
    expect(() => queueSignal(pool as never)).toThrow(
      /must be an object whose snapshot has the numbers queued and queue, such as a bulkhead/,
    );
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a pipeline', holding({ name: 'orders', inFlight: 0, policies: [] })],
    ['a limit alone', holding({ limit: 5 })],
    ['no limit at all', holding({ inFlight: 1, limit: Number.POSITIVE_INFINITY })],
  ])('inFlightSignal of %s', (_what, limiter) => {
    expect(() => inFlightSignal(limiter as never)).toThrow(
      expect.objectContaining({ code: 'HOLDFAST_CONFIG', policy: 'inFlightSignal', option: 'limiter', value: limiter }),
    );
    expect(() => inFlightSignal(limiter as never)).toThrow(
      /must be an object whose snapshot has the numbers inFlight and limit or concurrency, such as a bulkhead/,
    );
  });
});

describe('the limits of a signal', () => {
  const pool = holding({ queued: 1, queue: 2, inFlight: 1, limit: 2 }) as never;

  test.each<[unknown, string]>([
    [0.5, 'limits'],
    [{ downat: 0.5 }, 'limits.downat'],
    [{ downAt: 0 }, 'limits.downAt'],
    [{ forMs: -1 }, 'limits.forMs'],
    [{ to: 5 }, 'limits.to'],
  ])('are checked when it is made: %o', (limits, option) => {
    const told = (policy: string): unknown => expect.objectContaining({ code: 'HOLDFAST_CONFIG', policy, option });
    expect(() => circuitSignal({ state: 'open' }, limits as never)).toThrow(told('circuitSignal'));
    expect(() => queueSignal(pool, limits as never)).toThrow(told('queueSignal'));
    expect(() => inFlightSignal(pool, limits as never)).toThrow(told('inFlightSignal'));
  });

  test('have their defaults where they are undefined', () => {
    expect(queueSignal(pool, { forMs: undefined }).forMs).toBe(1_000);
    expect(inFlightSignal(pool, { forMs: undefined }).forMs).toBe(1_000);
    expect(circuitSignal({ state: 'open' }, { forMs: undefined }).forMs).toBe(0);
  });
});

test('a queue that has no room while it runs is not full', () => {
  const snapshot = { queued: 1, queue: 2 };
  const signal = queueSignal({ snapshot: () => snapshot });
  expect(signal.read(0)).toBe(0.5);
  snapshot.queue = 0;
  expect(signal.read(0)).toBe(0);
});
