/**
 * Payments: charges an order in 20 to 50 ms with a fixed number of workers, as a real one with a pool of connections to its bank.
 * While it is down half of the calls are answered 500 at once and the other half take a worker and hang for 10 s.
 * What waits for a worker waits in line; a caller who has gone away is charged all the same, since nobody tells the worker.
 *
 * Arguments: workers, seed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PaymentsGauge } from '../model.ts';
import { seeded } from '../random.ts';
import { liveAndDieWithParent, reportToParent } from './child.ts';
import { type Reply, serveJson } from './http.ts';

const hangMs = 10_000;
const errorRatio = 0.5;

const [, , workersText, seedText] = process.argv;
const random = seeded(Number(seedText));
let workers = Number(workersText);
let busy = 0;
const line: (() => void)[] = [];
let repaired: AbortController | undefined; // made when it breaks, aborted when it is repaired
let reached = 0;
let reachedWhileDown = 0;
const receipts = new Map<string, string>();

async function charge(key: string): Promise<Reply> {
  reached++;
  if (repaired) {
    reachedWhileDown++;
    if (random() < errorRatio) return { status: 500, body: { error: 'payments is broken' } };
  }
  await worker();
  try {
    if (repaired && (await hang(repaired.signal))) return { status: 500, body: { error: 'the bank did not answer' } };
    await sleep(20 + 30 * random());
    const receipt = receipts.get(key) ?? `receipt-${receipts.size + 1}`;
    receipts.set(key, receipt);
    return { status: 200, body: { receipt } };
  } finally {
    release();
  }
}

function worker(): Promise<void> | void {
  if (busy >= workers) return new Promise((resolve) => line.push(resolve));
  busy++;
}

function release(): void {
  const next = busy <= workers ? line.shift() : undefined;
  if (next) next();
  else busy--;
}

/** Resolves to true after the full hang, to false as soon as Payments is repaired. */
function hang(signal: AbortSignal): Promise<boolean> {
  return sleep(hangMs, true, { signal }).catch(() => false);
}

function state(): Reply {
  return {
    status: 200,
    body: { mode: repaired ? 'down' : 'healthy', workers, busy, inLine: line.length, reached, reachedWhileDown },
  };
}

const { url } = await serveJson({
  'POST /charges': (_body, request) => charge(String(request.headers['idempotency-key'])),
  'GET /admin': state,
  'POST /admin/workers': (body) => {
    workers = Number(body);
    return state();
  },
  'POST /admin/break': () => {
    repaired ??= new AbortController();
    return state();
  },
  'POST /admin/repair': () => {
    repaired?.abort();
    repaired = undefined;
    return state();
  },
});
liveAndDieWithParent();
reportToParent(url, () => ({ reached, reachedWhileDown }) satisfies PaymentsGauge);
