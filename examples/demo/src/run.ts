import { setTimeout as sleep } from 'node:timers/promises';
import { arrivals } from './arrivals.ts';
import { type Live, liveOf } from './live.ts';
import { type Load, sendOrders } from './load.ts';
import { inTimeMs } from './measure.ts';
import {
  lengthMs,
  type OrdersGauge,
  type PaymentsGauge,
  type Phase,
  phaseAt,
  type Reading,
  type Recording,
  schedule,
  type Variant,
} from './model.ts';
import { type Service, startInventory, startOrders, startPayments } from './processes.ts';
import { fittingRate, usualRate, warmUp } from './warm-up.ts';

export interface RunSettings {
  readonly databaseUrl: string;
  /** Orders per second; undefined: what fits this machine. */
  readonly rate: number | undefined;
  readonly seed: number;
  /** Ends the run early. */
  readonly signal: AbortSignal;
  /** Called a few times a second. */
  readonly onProgress: (progress: Progress) => void;
}

export interface Progress extends Live {
  readonly variant: Variant;
  readonly phase: Phase;
  /** Since the run's start; negative during the warm-up. */
  readonly atMs: number;
}

const progressEveryMs = 200;

/** Starts the three services afresh, plays healthy, outage and recovery once, and stops them. */
export async function play(variant: Variant, settings: RunSettings): Promise<Recording> {
  const { signal, seed, onProgress } = settings;
  onProgress({ variant, phase: 'warm-up', atMs: -1, inTimePerSecond: 0, p99Ms: Number.NaN, waiting: 0 });
  await using services = new AsyncDisposableStack();
  const [inventory, payments] = await Promise.all([
    startInventory(settings.databaseUrl).then((service) => services.use(service)),
    startPayments(paymentWorkers(usualRate), seed).then((service) => services.use(service)),
  ]);
  const orders = services.use(await startOrders(variant, inventory, payments));
  const ordersReadings = readingsOf<OrdersGauge>(orders);
  const paymentsReadings = readingsOf<PaymentsGauge>(payments);
  const possible = await warmUp(orders.url, signal);
  const ratePerSecond = settings.rate ?? fittingRate(possible);
  await tell(payments, 'workers', signal, paymentWorkers(ratePerSecond));

  const startedAt = performance.now();
  const now = (): number => performance.now() - startedAt;
  const load = sendOrders(orders.url, arrivals(ratePerSecond, lengthMs(schedule), seed), startedAt);
  const progress = setInterval(() => {
    onProgress({ variant, phase: phaseAt(now(), schedule), atMs: now(), ...liveOf(load.answers, now()) });
  }, progressEveryMs);
  try {
    await playOutage(payments, now, signal);
    await playToTheEnd(load, signal);
  } finally {
    clearInterval(progress);
    load.stop();
  }
  return {
    ...{ variant, schedule, ratePerSecond, answers: load.answers },
    orders: ordersReadings.since(startedAt),
    payments: paymentsReadings.since(startedAt),
  };
}

/** Payments is built for three times the usual load, at 35 ms a charge. */
export function paymentWorkers(ratePerSecond: number): number {
  return Math.max(2, Math.round(ratePerSecond * 0.035 * 3));
}

async function playOutage(payments: Service, now: () => number, signal: AbortSignal): Promise<void> {
  await sleep(schedule.healthyMs - now(), undefined, { signal });
  await tell(payments, 'break', signal);
  await sleep(schedule.healthyMs + schedule.outageMs - now(), undefined, { signal });
  await tell(payments, 'repair', signal);
}

async function tell(payments: Service, what: string, signal: AbortSignal, body?: number): Promise<void> {
  const response = await fetch(`${payments.url}/admin/${what}`, { method: 'POST', signal, body: JSON.stringify(body) ?? null });
  await response.arrayBuffer();
}

async function playToTheEnd(load: Load, signal: AbortSignal): Promise<void> {
  const interrupted = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  );
  await Promise.race([load.sent, interrupted]);
  // The last order, too, has its second.
  await sleep(inTimeMs + 50, undefined, { signal });
}

/** Collects what the service tells of itself from now on; `since(startedAt)` gives it in the run's time. */
function readingsOf<Gauge>(service: Service): { since: (startedAt: number) => Reading<Gauge>[] } {
  const readings: Reading<Gauge>[] = [];
  service.onGauge((gauge, epochMs) => readings.push({ atMs: epochMs - performance.timeOrigin, gauge: gauge as Gauge }));
  return { since: (startedAt) => readings.map(({ atMs, gauge }) => ({ atMs: atMs - startedAt, gauge })) };
}
