import { expect, test } from 'vitest';
import { openCall } from './open-call.ts';
import { sleepIn, sleepOn } from './sleep.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

/** A signal that counts its listeners. */
function countingSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal) as (type: string, listener: unknown, options?: unknown) => void;
  const remove = signal.removeEventListener.bind(signal) as (type: string, listener: unknown) => void;
  signal.addEventListener = (type: string, listener: unknown, options?: unknown) => {
    listeners.add(listener);
    add(type, listener, options);
  };
  signal.removeEventListener = (type: string, listener: unknown) => {
    listeners.delete(listener);
    remove(type, listener);
  };
  return { controller, signal, listeners };
}

test('resolves when the time has come and leaves no listener behind', async () => {
  const clock = new VirtualClock();
  const { signal, listeners } = countingSignal();
  let awake = false;
  void clock.sleep(100, signal).then(() => (awake = true));
  expect(listeners.size).toBe(1);
  await clock.advance(99);
  expect(awake).toBe(false);
  await clock.advance(1);
  expect(awake).toBe(true);
  expect(listeners.size).toBe(0);
});

test('rejects with the reason as soon as the signal aborts, and takes its timer back', async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const nap = clock.sleep(100, controller.signal);
  const reason = new Error('shutting down');
  controller.abort(reason);
  await expect(nap).rejects.toBe(reason);
  expect(clock.pendingTimers).toEqual([]);
});

test('rejects at once when the signal has aborted before, arming nothing', async () => {
  const clock = new VirtualClock();
  const nap = clock.sleep(0, AbortSignal.abort('over'));
  expect(clock.pendingTimers).toEqual([]);
  await expect(nap).rejects.toBe('over');
});

test('an abort after waking changes nothing', async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const nap = clock.sleep(1, controller.signal);
  await clock.advance(1);
  controller.abort();
  await expect(nap).resolves.toBeUndefined();
});

test('an infinite sleep ends with the signal only', async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const nap = clock.sleep(Number.POSITIVE_INFINITY, controller.signal);
  await clock.advance(1e12);
  controller.abort('enough');
  await expect(nap).rejects.toBe('enough');
});

test('a sleep within a call ends with its time, and leaves nothing in the call', async () => {
  const clock = new VirtualClock();
  const call = openCall('request', undefined, clock);
  let awake = false;
  void sleepIn(call, 100).then(() => (awake = true));
  await clock.advance(99);
  expect(awake).toBe(false);
  await clock.advance(1);
  expect(awake).toBe(true);
  call.cancel('later'); // nobody is there to be rejected
});

test('a sleep within a call ends with the reason of the call, and takes its timer back', async () => {
  const clock = new VirtualClock();
  const call = openCall('request', undefined, clock);
  const nap = sleepIn(call, 100);
  call.cancel('over');
  await expect(nap).rejects.toBe('over');
  await expect(sleepIn(call, 100)).rejects.toBe('over');
  expect(clock.pendingTimers).toEqual([]);
});

test('a sleep that has ended has taken its listener back from the signal', async () => {
  const clock = new VirtualClock();
  const { signal } = new AbortController();
  const listeners: string[] = [];
  const { removeEventListener } = signal;
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners.push(args[0]);
    removeEventListener.apply(signal, args);
  };
  const slept = sleepOn(clock, 10, signal);
  await clock.advance(10);
  await slept;
  expect(listeners).toEqual(['abort']);
});
