// Ends the test process from within when a test blocks it, or when nobody is left to report to: so no process is left spinning.
import { Worker } from 'node:worker_threads';

/** Processor time one attempt may take beyond its limit in milliseconds before the process is ended. */
const GRACE_MS = 500;

// Runs in a thread of its own, where a blocked event loop does not reach; as text, since a loader may not.
const program = `
const { workerData: { state, parent } } = require('node:worker_threads');
let attempt = -1, since = 0;
const spent = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
  if (Atomics.load(state, 0) !== attempt) { attempt = Atomics.load(state, 0); since = spent(); }
  else if (Atomics.load(state, 1) > 0 && spent() - since > Atomics.load(state, 1)) process.kill(process.pid, 'SIGKILL');
}, 200);
`;

export class Watchdog {
  /** Number of the attempt; processor time it may take in milliseconds, 0 while there is none. */
  readonly #state = new Int32Array(new SharedArrayBuffer(8));

  constructor() {
    const thread = new Worker(program, { eval: true, workerData: { state: this.#state, parent: process.ppid } });
    thread.unref();
  }

  begin(limitMs: number): void {
    Atomics.add(this.#state, 0, 1);
    Atomics.store(this.#state, 1, limitMs + GRACE_MS);
  }

  end(): void {
    Atomics.store(this.#state, 1, 0);
  }
}
