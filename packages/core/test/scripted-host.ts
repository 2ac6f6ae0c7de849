import type { Host } from '../src/host-clock.ts';

interface Timeout {
  callback: () => void;
  at: number;
  alive: boolean;
}

/**
 * An event loop in virtual time, in Node's order: timeouts, then replies that have come in, then immediates. Time passes only where
 * the loop would sleep, and in `block`.
 */
export class ScriptedHost implements Host {
  timeMs: number;
  clockReads = 0;
  timeoutsStarted = 0;
  longestTimeoutMs = 0;
  polls = 0;
  readonly reported: unknown[] = [];
  readonly timeouts: Timeout[] = [];
  immediates: (() => void)[] = [];
  #replies: { at: number; read: () => void }[] = [];
  readonly #canUnref: boolean;

  constructor({ timeMs = 0, canUnref = true }: { timeMs?: number; canUnref?: boolean } = {}) {
    this.timeMs = timeMs;
    this.#canUnref = canUnref;
  }

  now(): number {
    this.clockReads++;
    return this.timeMs;
  }

  setTimeout(callback: () => void, delayMs: number): unknown {
    this.timeoutsStarted++;
    this.longestTimeoutMs = Math.max(this.longestTimeoutMs, delayMs);
    // Like libuv, from whole milliseconds: it may call back up to one early.
    const timeout = { callback, at: Math.floor(this.timeMs) + delayMs, alive: true };
    this.timeouts.push(timeout);
    return timeout;
  }

  clearTimeout(handle: unknown): void {
    const index = this.timeouts.indexOf(handle as Timeout);
    if (index < 0) throw new Error('cleared a timeout that does not run');
    this.timeouts.splice(index, 1);
  }

  setImmediate(callback: () => void): void {
    this.immediates.push(callback);
  }

  keepAlive(handle: unknown, alive: boolean): boolean {
    const timeout = handle as Timeout;
    if (!this.timeouts.includes(timeout)) throw new Error('not a running timeout');
    if (timeout.alive === alive) throw new Error(`alive is ${alive} already`);
    if (this.#canUnref) timeout.alive = alive;
    return this.#canUnref;
  }

  report(error: unknown): void {
    this.reported.push(error);
  }

  get isKeptAlive(): boolean {
    return this.immediates.length > 0 || this.timeouts.some(({ alive }) => alive);
  }

  /** A reply reaches the socket `inMs` from now; it is read at the next poll. */
  reply(inMs: number, read: () => void): void {
    this.#replies.push({ at: this.timeMs + inMs, read });
  }

  /** The loop is busy with something else. */
  block(ms: number): void {
    this.timeMs += ms;
  }

  turn(): void {
    for (const timeout of this.timeouts.filter(({ at }) => at <= this.timeMs)) {
      if (!this.timeouts.includes(timeout)) continue;
      this.clearTimeout(timeout);
      timeout.callback();
    }
    this.polls++;
    const readable = this.#replies.filter(({ at }) => at <= this.timeMs);
    this.#replies = this.#replies.filter(({ at }) => at > this.timeMs);
    for (const { read } of readable) read();
    const { immediates } = this;
    this.immediates = [];
    for (const callback of immediates) callback();
  }

  /** Runs the loop for so long, not blocked. */
  run(ms: number): void {
    const untilMs = this.timeMs + ms;
    for (;;) {
      this.turn();
      if (this.immediates.length > 0) continue;
      const next = Math.min(...this.timeouts.map(({ at }) => at), ...this.#replies.map(({ at }) => at));
      if (!(next <= untilMs)) break;
      this.timeMs = Math.max(this.timeMs, next);
    }
    this.timeMs = Math.max(this.timeMs, untilMs);
  }
}
