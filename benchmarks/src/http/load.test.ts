import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { dueAt, latencies, throughput } from './load.ts';

test('requests are due at even times from the start on', () => {
  expect([0, 1, 500].map((index) => dueAt(1_000, 500, index))).toEqual([1_000, 1_002, 2_000]);
});

test('an open loop counts the wait of requests that were held up from when they were due', async () => {
  let sent = 0;
  const blocksAtFirst = async (): Promise<void> => {
    const end = performance.now() + (sent++ === 0 ? 100 : 0);
    while (performance.now() < end); // all that are due meanwhile cannot be sent
  };
  const { p50Ms, p99Ms } = await latencies(blocksAtFirst, 1_000, 100);
  expect(sent).toBe(100);
  expect(p99Ms).toBeGreaterThanOrEqual(95);
  expect(p50Ms).toBeGreaterThan(40);
});

test('an open loop sends on while answers are missing', async () => {
  let inFlight = 0;
  let most = 0;
  const { p50Ms } = await latencies(
    async () => {
      most = Math.max(most, ++inFlight);
      await delay(50);
      inFlight--;
    },
    1_000,
    30,
  );
  expect(most).toBeGreaterThan(10);
  expect(p50Ms).toBeGreaterThanOrEqual(49);
});

test('a closed loop has as many requests in flight as it has clients', async () => {
  let inFlight = 0;
  let most = 0;
  const perSecond = await throughput(
    async () => {
      most = Math.max(most, ++inFlight);
      await delay(1);
      inFlight--;
    },
    4,
    30,
  );
  expect(most).toBe(4);
  expect(perSecond).toBeGreaterThan(0);
});
