/**
 * Orders: the service under test. Reserves the goods at Inventory, then charges at Payments, then answers.
 * The code is the same in both runs; only how the two calls are made differs (`unprotected.ts`, `protection.ts`).
 *
 * Arguments: bare or holdfast, the URL of Inventory, the URL of Payments.
 */
import { randomUUID } from 'node:crypto';
import type { OrdersGauge, Variant } from '../model.ts';
import type { Order, OrderCalls } from './calls.ts';
import { liveAndDieWithParent, reportToParent } from './child.ts';
import { type Reply, serveJson } from './http.ts';
import { outbox } from './outbox.ts';

const [, , variant, inventoryUrl, paymentsUrl] = process.argv as [string, string, Variant, string, string];
const urls = { inventory: inventoryUrl, payments: paymentsUrl };
const calls = await callsOf(variant);
const unpaid = outbox((order) => calls.charge(order));
let inFlight = 0;
let peakInFlight = 0;

/** Each variant loads its own code only, so that the memory of the one holds nothing of the other. */
async function callsOf(name: Variant): Promise<OrderCalls> {
  if (name === 'bare') return (await import('./unprotected.ts')).unprotectedCalls(urls);
  return (await import('../protection.ts')).protectCalls(urls);
}

async function place(body: unknown): Promise<Reply> {
  const { sku, quantity, amountCents } = body as Omit<Order, 'id'>;
  const order: Order = { id: randomUUID(), sku, quantity, amountCents };
  peakInFlight = Math.max(peakInFlight, ++inFlight);
  try {
    await calls.reserve(order);
    const payment = await calls.charge(order);
    if (payment === 'pending') unpaid.add(order);
    return { status: payment === 'paid' ? 201 : 202, body: { id: order.id, payment } };
  } catch (error) {
    return { status: 502, body: { id: order.id, error: (error as Error).message } };
  } finally {
    inFlight--;
  }
}

function gauge(): OrdersGauge {
  const peak = peakInFlight;
  peakInFlight = inFlight;
  return { inFlight: peak, rssBytes: process.memoryUsage.rss(), pending: unpaid.size() };
}

const { url } = await serveJson({
  'POST /orders': place,
  'GET /state': () => ({ status: 200, body: { variant, inFlight, paymentsPending: unpaid.size(), ...calls.snapshot() } }),
});
liveAndDieWithParent();
reportToParent(url, gauge);
