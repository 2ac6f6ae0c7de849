import { expect, test } from 'vitest';
import { Alarm } from './clock.ts';
import { hostOf, systemClock, systemHost } from './system-clock.ts';
import type { Globals } from './system-clock.ts';

const globals: Globals = {
  performance: { now: () => 7 },
  setTimeout: () => 1,
  clearTimeout: () => {},
  console: { error: () => {} },
};

test('a timer fires on the real clock, not early', async () => {
  const startMs = systemClock.now();
  const firedAt = await new Promise<number>((resolve) => {
    systemClock.arm(new Alarm(() => resolve(systemClock.now())), 5);
  });
  expect(firedAt - startMs).toBeGreaterThanOrEqual(5);
});

test('turnNow never runs ahead of now', () => {
  const turn = systemClock.turnNow();
  expect(systemClock.now()).toBeGreaterThanOrEqual(turn);
});

test('an immediate runs when the last of a long chain of promise reactions has run', async () => {
  let links = 0;
  const chain = async (): Promise<void> => {
    for (; links < 10_000; links++) await Promise.resolve();
  };
  void chain();
  await new Promise<void>((resolve) => systemHost.setImmediate(resolve));
  expect(links).toBe(10_000);
});

test("tells Node's timeouts whether to keep the process alive", () => {
  const timeout = systemHost.setTimeout(() => {}, 60_000) as { hasRef(): boolean };
  expect(systemHost.keepAlive(timeout, false)).toBe(true);
  expect(timeout.hasRef()).toBe(false);
  expect(systemHost.keepAlive(timeout, true)).toBe(true);
  expect(timeout.hasRef()).toBe(true);
  systemHost.clearTimeout(timeout);
});

test('says that it cannot tell the timeouts of a browser', () => {
  expect(hostOf(globals).keepAlive(1, false)).toBe(false);
});

test('without setImmediate it sends itself messages, and calls back in order', async () => {
  const channels: MessageChannel[] = [];
  class Channel extends MessageChannel {
    constructor() {
      super();
      channels.push(this);
    }
  }
  const host = hostOf({ ...globals, MessageChannel: Channel });
  expect(channels).toHaveLength(0);
  const calls: string[] = [];
  host.setImmediate(() => calls.push('first'));
  queueMicrotask(() => calls.push('reaction'));
  await new Promise<void>((resolve) => host.setImmediate(resolve));
  expect(calls).toEqual(['reaction', 'first']);
  expect(channels).toHaveLength(1);
  channels[0]!.port1.close();
});

test('as a last resort it takes a timeout of 0 ms', () => {
  const delays: number[] = [];
  const host = hostOf({ ...globals, setTimeout: (_callback, delayMs) => delays.push(delayMs) });
  host.setImmediate(() => {});
  expect(delays).toEqual([0]);
});

test('reports a failing timer on the console', () => {
  const lines: unknown[][] = [];
  const host = hostOf({ ...globals, console: { error: (...data) => lines.push(data) } });
  const error = new Error('broken');
  host.report(error);
  expect(lines).toEqual([['holdfast: a timer failed', error]]);
});

test('clears the timeout it is told to', () => {
  const cleared: unknown[] = [];
  hostOf({ ...globals, clearTimeout: (handle: unknown) => cleared.push(handle) }).clearTimeout(7);
  expect(cleared).toEqual([7]);
});
