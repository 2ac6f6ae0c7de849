import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { pipeline } from '@holdfast/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { timeout } from '../src/timeout.ts';
import { TimeoutError } from '../src/timeout-error.ts';
import type { Progress } from './reply-server.ts';
import { witness } from './support.ts';

/**
 * The loop of this process is blocked for 300 ms in the check phase, where a request under a time-out of 100 ms has been sent and
 * nothing been received. Timers are the first thing a loop looks at when it goes on, sockets come after: whoever trusts the timer
 * blames the dependency, which answered in 20 ms.
 */
const progress: Progress = {
  seen: new Int32Array(new SharedArrayBuffer(4)),
  answered: new Int32Array(new SharedArrayBuffer(4)),
};
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let server: Worker;
let origin: string;

const request = (path: string, signal?: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    get(`${origin}${path}`, { agent, ...(signal && { signal }) }, (response) => resolve(text(response))).on('error', reject);
  });

beforeAll(async () => {
  server = new Worker(new URL('reply-server.ts', import.meta.url), { workerData: progress });
  const [port] = (await once(server, 'message')) as [number];
  origin = `http://127.0.0.1:${port}`;
});

afterAll(async () => {
  agent.destroy();
  await server.terminate();
});

/** Leaves a connection to the server in the agent, so that the next request is written at once, before the loop can be blocked. */
async function connected(): Promise<void> {
  const free = once(agent, 'free');
  await request('/warm-up');
  await free;
}

/** Blocks the loop for 300 ms or more: until `count` has changed, which a slow machine may take longer for. */
function block(count: Int32Array, before: number): void {
  const startedAt = performance.now();
  Atomics.wait(count, 0, before, 30_000);
  const never = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(never, 0, 0, Math.max(0, 300 - (performance.now() - startedAt)));
}

/** Runs the request under a time-out, then blocks the loop in the check phase of the same turn. */
async function stalledDuring(path: string, count: Int32Array): Promise<{ reply: unknown; plainTimer: string; kinds: string[] }> {
  await connected();
  const outside = witness();
  const service = pipeline('service', outside, timeout({ ms: 100 }));
  const before = count[0]!;
  const call = service.run(({ signal }) => request(path, signal));
  const reply = call.catch((error: unknown) => error);
  const timer = new Promise<string>((resolve) => void setTimeout(resolve, 100, 'too late'));
  const plainTimer = Promise.race([call.catch(() => 'too late'), timer]);
  setImmediate(block, count, before);
  return { reply: await reply, plainTimer: await plainTimer, kinds: outside.seen };
}

test('a reply that came while our loop was blocked beats the time-out (T29)', { timeout: 60_000 }, async () => {
  const { reply, plainTimer, kinds } = await stalledDuring('/in-20-ms', progress.answered);
  expect(plainTimer).toBe('too late'); // what a race against setTimeout makes of it
  expect(reply).toBe('answer');
  expect(kinds).toEqual(['success']);
});

test('without a reply the call ends, but is not charged to the dependency (T29)', { timeout: 60_000 }, async () => {
  const { reply, kinds } = await stalledDuring('/never', progress.seen);
  expect(reply).toBeInstanceOf(TimeoutError);
  expect(kinds).toEqual(['stalled']);
});
