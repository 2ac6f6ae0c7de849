import { describe, expect, test } from 'vitest';
import { electionSettings } from './election-options.ts';
import type { LeaderElectionOptions } from './election-options.ts';
import { memoryLease } from './memory/memory-lease.ts';

const read = (options: Partial<LeaderElectionOptions>) => electionSettings({ name: 'billing', store: memoryLease(), ...options });

test('the defaults are those of Kubernetes’ own components, and what follows from them', () => {
  expect(read({})).toMatchObject({
    leaseDurationMs: 15_000,
    renewDeadlineMs: 10_000,
    retryPeriodMs: 2_000,
    requestTimeoutMs: 3_000,
    drainTimeoutMs: 10_000,
    clockJumpMs: 250,
    rank: 0,
    rankDelayMs: 1_000,
  });
});

test('what follows from the others follows them', () => {
  expect(read({ leaseDurationMs: 5_000, renewDeadlineMs: 3_300, retryPeriodMs: 800 })).toMatchObject({
    requestTimeoutMs: 850,
    rankDelayMs: 400,
  });
});

test('every candidate has an identity of its own, and an id that it does not share with another of the same name', () => {
  const [a, b] = [read({}), read({})];
  expect(a.identity).toMatch(/^.+_[0-9a-f-]{36}$/);
  expect(a.identity).not.toBe(b.identity);
  expect(read({ identity: 'pod-0' }).electorId).not.toBe(read({ identity: 'pod-0' }).electorId);
});

describe('a name that does not mean the same in every store is refused:', () => {
  test.each(['', 'Billing', 'a b', '-a', 'a-', 'a..b', '.a', 'ä', 'a/b', 'a'.repeat(254), 7, undefined])('%s', (name) => {
    expect(() => read({ name: name as never })).toThrow(/option name must be/);
  });

  test.each(['a', 'billing', 'prod.billing-2', '0', 'a'.repeat(253)])('%s is fine', (name) => {
    expect(read({ name }).name).toBe(name);
  });
});

test.each<[string, Partial<LeaderElectionOptions>, string]>([
  ['no store', { store: undefined as never }, 'leaderElection: option store must be a lease store'],
  ['a store that is none', { store: {} as never }, 'option store must be a lease store'],
  ['a negative duration', { leaseDurationMs: -1 }, 'billing: option leaseDurationMs must be'],
  ['a duration that is no number', { retryPeriodMs: '2s' as never }, 'billing: option retryPeriodMs must be'],
  ['an infinite deadline', { renewDeadlineMs: Number.POSITIVE_INFINITY }, 'billing: option renewDeadlineMs must be'],
  ['a fraction of a rank', { rank: 0.5 }, 'billing: option rank must be a whole number'],
  ['a misspelt option', { leaseDuration: 15 } as never, 'leaseDurationMs'],
  ['a deadline with room for one attempt', { renewDeadlineMs: 4_000 }, 'renewDeadlineMs must be at least 4002'],
  [
    'a request that may take too long',
    { requestTimeoutMs: 3_001 },
    'requestTimeoutMs must be at most renewDeadlineMs / 2 - retryPeriodMs, which is 3000',
  ],
  ['a lease that ends before its work must', { leaseDurationMs: 14_000 }, 'leaseDurationMs must be at least 14053'],
  // Accepted by client-go: a leader may act for 16.9 s on a lease of 15 s.
  ['a deadline close to the duration', { renewDeadlineMs: 14_900 }, 'leaseDurationMs must be at least'],
])('refuses %s', (_what, options, message) => {
  expect(() => read(options)).toThrow(message);
});

test('a work that may never end is allowed, and so are the shortest times that make sense', () => {
  expect(read({ drainTimeoutMs: Number.POSITIVE_INFINITY }).drainTimeoutMs).toBe(Number.POSITIVE_INFINITY);
  expect(read({ leaseDurationMs: 20, renewDeadlineMs: 10, retryPeriodMs: 2 }).requestTimeoutMs).toBe(3);
});
