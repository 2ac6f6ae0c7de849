/**
 * An Orders service that keeps answering while the payment service is down: paid if it can be charged in time,
 * accepted with the payment pending if not.
 *
 * Environment: PAYMENTS_URL, PORT (default 3000; 0 for any free one).
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { resilientFetch } from '@holdfast/fetch';
import { deadline, fallback, pipeline } from 'holdfast';

const paymentsUrl = process.env.PAYMENTS_URL ?? 'http://localhost:4000';

/** As `fetch`, with a circuit breaker, a bulkhead and retries within a budget for every origin. */
const payments = resilientFetch({
  timeoutMs: 350,
  retry: { attempts: 2 },
  circuitBreaker: { window: { durationMs: 1_000 }, minimumCalls: 10, openMs: 1_000 },
});

/** Whatever happens to the call, the customer has an answer within 800 ms. */
const charging = pipeline('charge', fallback('pending' as const), deadline({ ms: 800 }));

function charge(orderId: string, order: unknown): Promise<'paid' | 'pending'> {
  return charging.run(async (call) => {
    const response = await payments(`${paymentsUrl}/charges`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': orderId },
      body: JSON.stringify(order),
      holdfast: { parent: call }, // keeps within this call's time, and ends with it
    });
    await response.arrayBuffer(); // read to its end, or the connection would not be free for the next call
    if (!response.ok) throw new Error(`Payments answered ${response.status}`);
    return 'paid' as const;
  });
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
  };
  if (request.method !== 'POST' || request.url !== '/orders') return answer(404, { error: 'try POST /orders' });
  const order = await json(request).catch(() => undefined);
  if (order === undefined) return answer(400, { error: 'an order is JSON' });
  const id = randomUUID();
  const payment = await charge(id, order);
  // A pending payment is kept with the order, in the same transaction, and charged later under the same idempotency key.
  answer(payment === 'paid' ? 201 : 202, { id, payment });
}

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    console.error(error); // a mistake of our own, such as an address no fetch accepts
    response.writeHead(500).end();
  });
});
server.listen(Number(process.env.PORT ?? 3000), () => console.log('Orders listens on', server.address()));
