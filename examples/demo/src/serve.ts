import { once } from 'node:events';
import { startInventory, startOrders, startPayments } from './processes.ts';
import { paymentWorkers } from './run.ts';
import { usualRate } from './warm-up.ts';

/** Keeps all services up, Orders both with and without holdfast, until the signal. */
export async function serve(databaseUrl: string, seed: number, signal: AbortSignal): Promise<void> {
  await using inventory = await startInventory(databaseUrl);
  await using payments = await startPayments(paymentWorkers(usualRate), seed);
  await using holdfast = await startOrders('holdfast', inventory, payments);
  await using bare = await startOrders('bare', inventory, payments);
  if (signal.aborted) return;
  const order = `-d '{"sku":1,"quantity":1,"amountCents":1999}'`;
  console.log(`
Orders, with holdfast      ${holdfast.url}
Orders, without            ${bare.url}
Payments                   ${payments.url}
Inventory                  ${inventory.url}

Place an order             curl -w '%{http_code} in %{time_total} s\\n' ${order} ${holdfast.url}/orders
the same without holdfast  curl -w '%{http_code} in %{time_total} s\\n' ${order} ${bare.url}/orders
Break Payments             curl -X POST ${payments.url}/admin/break
Repair Payments            curl -X POST ${payments.url}/admin/repair
Look inside                curl ${holdfast.url}/state
                           curl ${payments.url}/admin
                           curl ${inventory.url}/reservations

Stop with Ctrl-C.`);
  await once(signal, 'abort');
}
