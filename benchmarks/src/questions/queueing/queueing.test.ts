import { bulkhead, pipeline } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { costOfCancelling, indexOf, PLACES } from './cancelling.ts';
import type { SubmitCancellable } from './cancelling.ts';
import { costOfHandOver } from './handing-over.ts';

/** A bulkhead, and the longest its queue has been. */
function line(): { readonly submit: SubmitCancellable; readonly seen: () => { most: number; left: number; admitted: number } } {
  const one = bulkhead({ concurrency: 1, queue: 1_000, queueTimeoutMs: 60_000 });
  const through = pipeline('line', one);
  let most = 0;
  const submit: SubmitCancellable = (operation, signal) => {
    const result = through.run(operation, { signal });
    most = Math.max(most, one.snapshot().queued);
    return result;
  };
  return { submit, seen: () => ({ most, left: one.snapshot().queued, admitted: one.snapshot().admitted }) };
}

describe('a hand-over', () => {
  test('is measured with the queue as long as it was, and the queue is empty afterwards', async () => {
    const { submit, seen } = line();
    expect(await costOfHandOver(submit as never, 20, 50, true)).toBeGreaterThan(0);
    expect(seen()).toEqual({ most: 20, left: 0, admitted: 1 + 20 + 49 });
  });

  test('leaves a queue that is abandoned as it is', async () => {
    const { submit, seen } = line();
    await costOfHandOver(submit as never, 20, 50, false);
    expect(seen()).toEqual({ most: 20, left: 19, admitted: 1 + 50 });
  });
});

describe('a waiter that is cancelled', () => {
  test.each(PLACES)('at the %s is never begun, and another takes its place', async (place) => {
    const { submit, seen } = line();
    expect(await costOfCancelling(submit, 10, place, 20)).toBeGreaterThan(0);
    expect(seen()).toEqual({ most: 10, left: 0, admitted: 1 });
  });

  test('is one of those that wait', () => {
    expect([indexOf('front', 10), indexOf('middle', 10)]).toEqual([0, 4]);
    expect([0, 0.5, 0.999].map((random) => indexOf('random', 10, () => random))).toEqual([0, 4, 8]);
    expect(indexOf('random', 1, () => 0.999)).toBe(0);
  });
});
