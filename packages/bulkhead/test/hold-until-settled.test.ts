import { pipeline } from '@holdfast/core';
import type { Guard } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { bulkhead } from '../src/bulkhead.ts';
import type { BulkheadOptions } from '../src/options.ts';
import { job } from './calls.ts';

const hardTimeout: Guard = { enter: (call) => call.limit(10, () => new Error('too slow')) };

async function leaveBehind(options: BulkheadOptions) {
  const clock = new VirtualClock();
  const guard = bulkhead({ clock, concurrency: 2, ...options });
  const calls = pipeline({ name: 'calls', clock }, guard, hardTimeout);
  const straggler = job('straggler');
  const result = calls.run(straggler.run).catch((error: unknown) => error);
  await clock.advance(10);
  expect(await result).toMatchObject({ message: 'too slow' });
  return { clock, guard, calls, straggler };
}

test('by default a permit comes back with the end of its call, though the operation goes on', async () => {
  const { guard } = await leaveBehind({});
  expect(guard.snapshot()).toMatchObject({ inFlight: 0, leftBehind: 0 });
});

test.each([{}, { fair: true }])(
  'holdUntilSettled keeps the permit until the operation has really ended (%o)',
  async (options) => {
    const { clock, guard, calls, straggler } = await leaveBehind({ ...options, concurrency: 1, holdUntilSettled: true });
    expect(guard.snapshot()).toMatchObject({ permits: 0, inFlight: 1, leftBehind: 1 });
    const next = job('next');
    const result = calls.run(next.run);
    await clock.advance(1);
    expect(next.started).toBe(false);
    straggler.end();
    await clock.advance(0);
    expect(next.started).toBe(true);
    next.end();
    expect(await result).toBe('next');
    expect(guard.snapshot()).toMatchObject({ inFlight: 0, leftBehind: 0 });
  },
);

test('holdUntilSettled counts what was left behind by its permits', async () => {
  const { clock, guard, straggler } = await leaveBehind({ concurrency: 5, weight: () => 3, holdUntilSettled: true });
  expect(guard.snapshot()).toMatchObject({ inFlight: 3, leftBehind: 3 });
  straggler.end();
  await clock.advance(0);
  expect(guard.snapshot()).toMatchObject({ inFlight: 0, leftBehind: 0 });
});

test('holdUntilSettled costs nothing when operations end before their calls do', async () => {
  const clock = new VirtualClock();
  const guard = bulkhead({ clock, concurrency: 1, holdUntilSettled: true });
  const calls = pipeline({ name: 'calls', clock }, guard, hardTimeout);
  expect(await calls.run(() => 1)).toBe(1);
  await expect(calls.run(() => Promise.reject(new Error('down')))).rejects.toThrow('down');
  expect(guard.snapshot()).toMatchObject({ inFlight: 0, leftBehind: 0 });
});
