import type { Answer } from '../src/elector/inputs.ts';
import type { Instant } from '../src/elector/instant.ts';
import type { Lease, LeaseRecord } from '../src/lease.ts';
import type { StoreFault } from '../src/store.ts';
import type { Chance } from './chance.ts';
import { electorOf, Register } from './register.ts';
import type { Fault, StorePlan } from './scenario.ts';

/** A write as it left a candidate. */
export interface WriteRequest {
  readonly node: number;
  readonly electorId: string;
  readonly seen: Lease | undefined;
  readonly next: LeaseRecord;
  readonly sentAt: Instant;
}

export interface ServerHost {
  nowMs(): number;
  committed(request: WriteRequest, before: Lease | undefined, beforeChangedAtMs: number, after: Lease): void;
  count(what: string): void;
}

/** The store's server: the register behind a clock, if it has one, and behind faults. No answer is silence. */
export class Server {
  readonly register: Register = new Register();
  /** What every request meets until it is cleared. */
  fault: Fault | undefined = undefined;
  calm = false;
  readonly #plan: StorePlan;
  readonly #chance: Chance;
  readonly #host: ServerHost;

  constructor(plan: StorePlan, chance: Chance, host: ServerHost) {
    this.#plan = plan;
    this.#chance = chance;
    this.#host = host;
  }

  read(): Answer | undefined {
    const fault = this.#faultNow();
    if (fault === 'stale') {
      this.#host.count('read.stale');
      return { type: 'read', lease: this.timed(this.register.before(this.#chance.whole(0, 4))) };
    }
    if (fault !== undefined) return this.#refuse(fault, false);
    return { type: 'read', lease: this.timed(this.register.lease) };
  }

  write(request: WriteRequest): Answer | undefined {
    const fault = this.#faultNow();
    if (fault === undefined || fault === 'stale') return this.#commit(request);
    const mayBeWritten = fault === '5xx';
    // A server error may come before the write or after it; a server that is silent may have done it, too.
    if ((mayBeWritten || fault === 'silence') && this.#chance.hits(0.5)) this.#commit(request);
    return this.#refuse(fault, mayBeWritten);
  }

  /** With what is left of it by the store's clock, if it has one. */
  timed(lease: Lease | undefined): Lease | undefined {
    if (lease === undefined || !this.#plan.clock) return lease;
    return { ...lease, remainingMs: this.#remainingMs(lease) };
  }

  #commit(request: WriteRequest): Answer {
    const { register } = this;
    const { lease: before, changedAtMs } = register;
    const { seen, next } = request;
    const after = this.#holdsAgainst(request) ? undefined : register.write(seen, next, this.#host.nowMs());
    if (after === undefined) {
      this.#host.count('write.conflict');
      return { type: 'conflict' };
    }
    this.#host.committed(request, before, changedAtMs, after);
    return { type: 'written', lease: this.timed(after)! };
  }

  #holdsAgainst({ next }: WriteRequest): boolean {
    const { lease } = this.register;
    if (!this.#plan.clock || lease === undefined || next.termId === lease.termId || next.holder === '') return false;
    return this.#remainingMs(lease) > 0 && electorOf(next.termId) !== electorOf(lease.termId);
  }

  #remainingMs(lease: Lease): number {
    if (lease.holder === '') return 0;
    const heldMs = (this.#host.nowMs() - this.register.changedAtMs) * this.#plan.rate;
    return Math.max(0, lease.durationMs - heldMs);
  }

  #faultNow(): Fault | undefined {
    if (this.fault !== undefined) return this.fault;
    if (this.calm || !this.#chance.hits(this.#plan.faultRatio)) return undefined;
    return this.#chance.oneOf<Fault>(['refusal', '401', '429', '5xx', '5xx', '5xx']);
  }

  #refuse(fault: Exclude<Fault, 'stale'>, mayBeWritten: boolean): Answer | undefined {
    this.#host.count(`fault.${fault}`);
    if (fault === 'silence') return undefined;
    const retryAfterMs = fault === '429' ? 1000 * this.#chance.whole(1, 10) : undefined;
    return { type: 'failed', fault: kinds[fault], mayBeWritten, retryAfterMs, error: fault };
  }
}

const kinds: Record<Exclude<Fault, 'stale' | 'silence'>, StoreFault> = {
  refusal: 'unreachable',
  '401': 'unauthorized',
  '403': 'forbidden',
  '422': 'invalid',
  '429': 'throttled',
  '5xx': 'unreachable',
};
