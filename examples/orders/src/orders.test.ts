import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';

/** Starting a process takes its time on a busy machine. */
vi.setConfig({ testTimeout: 20_000 });

const running: (() => void)[] = [];
afterEach(() => {
  for (const stop of running.splice(0)) stop();
});

/** A payment service that answers as told; its URL. */
async function startPayments(answer: RequestListener): Promise<string> {
  const server: Server = createServer(answer).listen(0, '127.0.0.1');
  running.push(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The service as a user starts it, in a process of its own; its URL. */
async function startOrders(paymentsUrl: string): Promise<string> {
  const script = fileURLToPath(new URL('orders.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [script], {
    env: { ...process.env, PAYMENTS_URL: paymentsUrl, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(() => child.kill());
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`Orders ended with code ${code}`);
  });
  ended.catch(() => {}); // at the end of the test it is ended on purpose
  const [greeting] = await Promise.race([once(child.stdout!, 'data'), ended]);
  return `http://127.0.0.1:${/port: (\d+)/.exec(String(greeting))![1]}`;
}

async function placeOrder(ordersUrl: string): Promise<{ status: number; payment: string; tookMs: number }> {
  const startedAt = performance.now();
  const response = await fetch(`${ordersUrl}/orders`, { method: 'POST', body: '{"sku":1}' });
  const { payment } = (await response.json()) as { payment: string };
  return { status: response.status, payment, tookMs: performance.now() - startedAt };
}

test('charges an order while Payments is well', async () => {
  const orders = await startOrders(await startPayments((_request, response) => response.end('{}')));

  expect(await placeOrder(orders)).toMatchObject({ status: 201, payment: 'paid' });
});

test('accepts an order with its payment pending while Payments answers 500', async () => {
  const orders = await startOrders(await startPayments((_request, response) => response.writeHead(500).end('{}')));

  expect(await placeOrder(orders)).toMatchObject({ status: 202, payment: 'pending' });
});

test('accepts orders while Payments hangs, and after a while no longer calls it', async () => {
  let calls = 0;
  const orders = await startOrders(await startPayments(() => void calls++));

  const first = await Promise.all(Array.from({ length: 20 }, () => placeOrder(orders)));
  const callsBefore = calls;
  const next = await Promise.all(Array.from({ length: 20 }, () => placeOrder(orders)));

  expect(new Set([...first, ...next].map(({ payment }) => payment))).toEqual(new Set(['pending']));
  expect(Math.max(...first.map(({ tookMs }) => tookMs))).toBeLessThan(5_000); // 800 ms, and room for a busy machine
  expect(callsBefore).toBeGreaterThanOrEqual(10);
  expect(calls - callsBefore).toBeLessThan(10); // probes, of which a few seconds on a busy machine hold a few
});

test('accepts an order while nobody listens where Payments should be', async () => {
  const url = await startPayments(() => {});
  for (const stop of running.splice(0)) stop();
  const orders = await startOrders(url);

  expect(await placeOrder(orders)).toMatchObject({ status: 202, payment: 'pending' });
});
