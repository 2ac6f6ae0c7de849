import type { ConfigError } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { retryBudget } from '@holdfast/retry';
import { expect, test } from 'vitest';
import { resilientFetch, snapshotOf } from './resilient-fetch.ts';
import type { ResilientFetchOptions } from './options.ts';

test.each<[ResilientFetchOptions, string]>([
  [{ timeoutMs: 0 }, 'timeoutMs'],
  [{ timeoutMs: true as unknown as number }, 'timeoutMs'],
  [{ timeoutMs: 2_000, deadlineMs: 1_000 }, 'timeoutMs'],
  [{ maxKeys: 0 }, 'maxKeys'],
  [{ fetch: 'fetch' as never }, 'fetch'],
  [{ retry: true as never }, 'retry'],
  [{ retry: { attempts: 0 } }, 'attempts'],
  [{ bulkhead: { concurrency: 0 } }, 'concurrency'],
  [{ circuitBreaker: { failureRatio: 2 } }, 'failureRatio'],
  [{ propagateTo: ['orders.example.com'] }, 'propagateTo'],
  [{ propagateTo: ['https://orders.example.com/path'] }, 'propagateTo'],
  [{ timeout: 5 } as ResilientFetchOptions, 'timeout'],
])('%o is refused when the fetch is made, and the error names %s', (options, option) => {
  let error: ConfigError | undefined;
  try {
    resilientFetch(options);
  } catch (thrown) {
    error = thrown as ConfigError;
  }
  expect(error).toMatchObject({ code: 'HOLDFAST_CONFIG', option });
});

test('every part can be left out', async () => {
  const bare = resilientFetch({
    fetch: () => Promise.resolve(new Response('fine')),
    retry: false,
    circuitBreaker: false,
    bulkhead: false,
    timeoutMs: false,
    deadlineMs: false,
  });

  expect(await (await bare('http://any.example')).text()).toBe('fine');
  expect(snapshotOf(bare)).toEqual({
    name: 'fetch',
    keys: 1,
    inFlight: 0,
    perKey: { 'http://any.example': { name: 'fetch', inFlight: 0, policies: [] } },
  });
});

test('a fetch of somebody else has no snapshot', () => {
  expect(snapshotOf(globalThis.fetch)).toBeUndefined();
});

test('a shared budget must keep the same time', () => {
  const budget = retryBudget({ clock: new VirtualClock() });

  expect(() => resilientFetch({ retry: { budget } })).toThrow(/budget\.clock/);
});
