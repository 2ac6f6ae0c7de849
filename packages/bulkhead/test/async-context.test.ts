import { AsyncLocalStorage } from 'node:async_hooks';
import { pipeline } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { bulkhead } from '../src/bulkhead.ts';

test.each([
  ['a call that ends', (end: () => void) => end()],
  ['a resize', (_end: () => void, resize: () => void) => resize()],
])('a queued operation runs in the async context of its caller, not in that of %s', async (_freedBy, free) => {
  const clock = new VirtualClock();
  const guard = bulkhead({ clock, concurrency: 1, queue: 2 });
  const calls = pipeline({ name: 'calls', clock }, guard);
  const context = new AsyncLocalStorage<string>();
  const running = Promise.withResolvers<void>();
  context.run('first', () => void calls.run(() => running.promise));
  const seen = context.run('second', () => calls.run(() => context.getStore()));
  const seenLater = context.run('third', () => calls.run(async () => context.getStore()));
  context.run('who frees', () =>
    free(
      () => running.resolve(),
      () => guard.resize({ concurrency: 2 }),
    ),
  );
  expect(await seen).toBe('second');
  expect(await seenLater).toBe('third');
});
