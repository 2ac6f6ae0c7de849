export interface Order {
  readonly id: string;
  readonly sku: number;
  readonly quantity: number;
  readonly amountCents: number;
}

/** The two calls Orders makes for every order. */
export interface OrderCalls {
  /** Takes the goods out of stock; rejects if that cannot be had. */
  reserve(order: Order): Promise<void>;
  /** `pending`: the order stands, the money is to be had later. */
  charge(order: Order): Promise<'paid' | 'pending'>;
  /** What there is to tell about the calls' present state, as plain JSON. */
  snapshot(): object;
}

export interface Urls {
  readonly inventory: string;
  readonly payments: string;
}

/** The reservation as an HTTP request; safe to send again, since Inventory knows an order by its id. */
export function reservation({ inventory }: Urls, { id, sku, quantity }: Order): [url: string, init: RequestInit] {
  return [`${inventory}/reservations`, post(id, { orderId: id, sku, quantity })];
}

/** The charge as an HTTP request; safe to send again, since Payments knows an order by its idempotency key. */
export function chargeRequest({ payments }: Urls, { id, amountCents }: Order): [url: string, init: RequestInit] {
  return [`${payments}/charges`, post(id, { orderId: id, amountCents })];
}

function post(idempotencyKey: string, body: unknown): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
    body: JSON.stringify(body),
  };
}
