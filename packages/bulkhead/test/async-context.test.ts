import { AsyncLocalStorage } from 'node:async_hooks';
import { pipeline } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { bulkhead } from '../src/bulkhead.ts';
import { rateLimit } from '../src/rate-limit.ts';

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

test.each([
  ['the alarm', (clock: VirtualClock) => clock.advance(100)],
  ['a resize', (clock: VirtualClock, resize: () => void) => (resize(), clock.advance(0))],
])('an operation that waited for its turn runs in the async context of its caller, not in that of %s', async (_freedBy, free) => {
  const clock = new VirtualClock();
  const guard = rateLimit({ clock, limit: 1, perMs: 100, maxWaitMs: 1_000 });
  const calls = pipeline({ name: 'calls', clock }, guard);
  const context = new AsyncLocalStorage<string>();
  await context.run('first', () => calls.run(() => {}));
  const seen = context.run('second', () => calls.run(() => context.getStore()));
  await context.run('who frees', () => free(clock, () => guard.resize({ limit: 2 })));
  expect(await seen).toBe('second');
});
