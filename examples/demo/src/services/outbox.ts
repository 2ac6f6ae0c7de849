import { setTimeout as sleep } from 'node:timers/promises';
import type { Order } from './calls.ts';

/** Few at a time: what is owed must not crowd out the orders of the moment. */
const lanes = 5;
const idleMs = 100;
const pauseMs = 500;

export interface Outbox {
  add(order: Order): void;
  size(): number;
}

/**
 * Charges what could not be charged at once, a few at a time, for as long as it takes.
 * Kept in memory here; a real service keeps it in its database, in the transaction that accepts the order.
 */
export function outbox(charge: (order: Order) => Promise<'paid' | 'pending'>): Outbox {
  const waiting: Order[] = [];
  let inHand = 0;
  for (let lane = 0; lane < lanes; lane++) void settle();

  async function settle(): Promise<never> {
    for (;;) {
      const order = waiting.shift();
      if (!order) {
        await sleep(idleMs);
        continue;
      }
      inHand++;
      const payment = await charge(order).catch(() => 'pending' as const);
      inHand--;
      if (payment === 'paid') continue;
      waiting.unshift(order);
      await sleep(pauseMs);
    }
  }

  return { add: (order) => void waiting.push(order), size: () => waiting.length + inHand };
}
