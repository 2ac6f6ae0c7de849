import { Elector } from '../src/elector/elector.ts';
import type { Answer, Effect, Fact, Failure, Input, RequestKind, TermEnd } from '../src/elector/inputs.ts';
import type { Instant } from '../src/elector/instant.ts';
import type { ElectorSettings } from '../src/elector/settings.ts';
import type { Role } from '../src/elector/state.ts';
import type { Validity } from '../src/elector/validity.ts';
import type { Lease, LeaseRecord } from '../src/lease.ts';
import type { StoreFault } from '../src/store.ts';

/** The defaults of an election, without chance. */
export const SETTINGS: Omit<ElectorSettings, 'identity' | 'electorId'> = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
  requestTimeoutMs: 3_000,
  drainTimeoutMs: 10_000,
  clockJumpMs: 250,
  rank: 0,
  rankDelayMs: 1_000,
  random: () => 0,
};

/** What becomes of a request. One that is not spoken of is answered at once. */
export interface Fate {
  /** Milliseconds until the store has it; `Infinity` for never. @default 0 */
  readonly arrivesAfterMs?: number;
  /** Milliseconds from then until its answer is back; `Infinity` for never. @default 0 */
  readonly answersAfterMs?: number;
  /** What the store says instead of doing it; with `mayBeWritten` it does it all the same. */
  readonly fails?: { readonly fault: StoreFault; readonly mayBeWritten?: boolean; readonly retryAfterMs?: number };
  /** What comes back instead of the answer. */
  readonly says?: Answer;
}

export const LOST_REQUEST: Fate = { arrivesAfterMs: Number.POSITIVE_INFINITY };
export const LOST_ANSWER: Fate = { answersAfterMs: Number.POSITIVE_INFINITY };

/** A request that an elector sent, and when. */
export interface Sent {
  readonly atMs: number;
  readonly kind: RequestKind;
}

interface Happening {
  readonly atMs: number;
  readonly happen: () => void;
}

/** A lease store, a network and a clock for electors, in one thread and without a promise: time passes when told to. */
export class Driver {
  nowMs = 0;
  lease: Lease | undefined = undefined;
  revision = 0n;
  readonly candidates: DrivenElector[] = [];
  #happenings: Happening[] = [];

  /** A candidate that has not started. Its identity is its name, its first elector's id the name and a 1. */
  candidate(name: string, settings: Partial<ElectorSettings> = {}): DrivenElector {
    const lives = this.candidates.filter(({ elector }) => elector.settings.identity === name).length;
    const elector = new Elector({ ...SETTINGS, identity: name, electorId: `${name}${lives + 1}`, ...settings });
    const candidate = new DrivenElector(this, elector);
    this.candidates.push(candidate);
    return candidate;
  }

  /** Lets time pass: all that happens in it happens in order, and electors are woken when they ask for it. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    this.#happenAllUntil(untilMs);
    this.nowMs = untilMs;
  }

  later(ms: number, happen: () => void): void {
    if (ms === Number.POSITIVE_INFINITY) return;
    this.#happenings.push({ atMs: this.nowMs + ms, happen });
  }

  /** As another client writes it: whatever is there. */
  put(record: Partial<LeaseRecord> & Pick<Lease, 'reservedBecause'>): Lease {
    const lease = { ...FREE, ...record, revision: ++this.revision };
    this.#changed(lease);
    return lease;
  }

  remove(): void {
    this.revision += 1n;
    this.#changed(undefined);
  }

  /** Carries a request out. */
  serve(seen: Lease | undefined, next: LeaseRecord | undefined): Answer {
    if (next === undefined) return { type: 'read', lease: this.lease };
    if (this.lease?.revision !== seen?.revision) return { type: 'conflict' };
    return { type: 'written', lease: this.put(next) };
  }

  #changed(lease: Lease | undefined): void {
    this.lease = lease;
    const { revision } = this;
    for (const candidate of this.candidates) {
      if (candidate.watches) this.later(0, () => candidate.tell(lease ? { type: 'seen', lease } : { type: 'deleted', revision }));
    }
  }

  #happenAllUntil(untilMs: number): void {
    for (let steps = 0; ; steps++) {
      if (steps > 100_000) throw new Error(`the electors ask to be woken for ever at ${this.nowMs}`);
      const next = this.#next();
      if (next === undefined || next.atMs > untilMs) return;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      this.#happenings = this.#happenings.filter((one) => one !== next);
      next.happen();
    }
  }

  #next(): Happening | undefined {
    const wakes = this.candidates.map((candidate) => ({
      atMs: candidate.wakesAtMs,
      happen: () => candidate.tell({ type: 'wake' }),
    }));
    return [...this.#happenings, ...wakes].reduce<Happening | undefined>(
      (first, one) => (one.atMs < (first?.atMs ?? Number.POSITIVE_INFINITY) ? one : first),
      undefined,
    );
  }
}

/** A lease that nobody holds. */
export const FREE: LeaseRecord = {
  holder: '',
  termId: '',
  renewal: 0,
  durationMs: 15_000,
  transitions: 0,
  acquiredAtMs: 0,
  renewedAtMs: 0,
  rank: 0,
  handOffTo: '',
};

/** A lease that somebody holds who is not here. */
export const HELD: LeaseRecord = { ...FREE, holder: 'x', termId: 'x1.1' };

/** An elector with its requests, its work and its clocks in the hands of a test. */
export class DrivenElector {
  readonly elector: Elector;
  readonly #driver: Driver;
  /** What becomes of its next requests, in order. */
  readonly fates: Fate[] = [];
  /** What becomes of all others. */
  fate: Fate = {};
  readonly sent: Sent[] = [];
  readonly facts: Fact[] = [];
  readonly begun: { readonly termId: string; readonly token: bigint }[] = [];
  readonly aborted: { readonly atMs: number; readonly reason: TermEnd }[] = [];
  readonly finished: { readonly atMs: number; readonly drained: boolean }[] = [];
  /** Which of its requests it has called off, by their numbers; their answers come all the same, and must do no harm. */
  readonly cancelled: number[] = [];
  rewatched = 0;
  watches = false;
  /** Whether its work returns as soon as it is told to end. */
  obedient = true;
  /** How far its clocks are ahead. */
  monoAheadMs = 0;
  wallAheadMs = 1_000_000;
  /** A process that stands still takes no step, and finds what has come for it afterwards. */
  #stopped = false;
  readonly #waiting: Input[] = [];

  constructor(driver: Driver, elector: Elector) {
    this.#driver = driver;
    this.elector = elector;
  }

  start(): this {
    this.tell({ type: 'start', candidate: true });
    return this;
  }

  /** Starts, and takes what there is to take: leads by now if it can. */
  lead(): this {
    this.start();
    this.#driver.advance(0);
    return this;
  }

  watch(): this {
    this.watches = true;
    this.tell({ type: 'watching', up: true });
    return this;
  }

  unwatch(): void {
    this.watches = false;
    this.tell({ type: 'watching', up: false });
  }

  stop(): void {
    this.tell({ type: 'stop' });
  }

  resign(to = ''): void {
    this.tell({ type: 'resign', to });
  }

  /** Its work settles. */
  settle(failed = false): void {
    this.tell({ type: 'worked', failed });
  }

  freeze(): void {
    this.#stopped = true;
  }

  thaw(): void {
    this.#stopped = false;
    for (const input of this.#waiting.splice(0)) this.tell(input);
  }

  /** The machine sleeps: its monotonic clock stands still, its wall clock goes on. */
  suspend(ms: number): void {
    this.freeze();
    this.#driver.advance(ms);
    this.monoAheadMs -= ms;
    this.thaw();
  }

  get role(): Role['kind'] {
    return this.elector.state.role.kind;
  }

  get now(): Instant {
    return { monoMs: this.#driver.nowMs + this.monoAheadMs, wallMs: this.#driver.nowMs + this.wallAheadMs };
  }

  /** Of its last term. */
  get validity(): Validity {
    return this.elector.validityOf(this.begun.at(-1)?.termId ?? '', this.now);
  }

  get wakesAtMs(): number {
    return this.#stopped ? Number.POSITIVE_INFINITY : this.elector.wakeAtMs(this.now) - this.monoAheadMs;
  }

  /** What it sent since this was last asked. */
  takeSent(): RequestKind[] {
    return this.sent.splice(0).map(({ kind }) => kind);
  }

  /** The names of the facts it told since this was last asked. */
  takeFacts(): Fact['type'][] {
    return this.facts.splice(0).map(({ type }) => type);
  }

  tell(input: Input): void {
    if (this.#stopped) this.#waiting.push(input);
    else for (const effect of this.elector.step(input, this.now)) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'read':
        return this.#send(effect.request, undefined, undefined);
      case 'write':
        return this.#send(effect.request, effect.seen, effect.next);
      case 'cancel':
        this.cancelled.push(effect.request);
        return undefined;
      case 'begin':
        this.begun.push({ termId: effect.termId, token: effect.token });
        return undefined;
      case 'abort':
        this.aborted.push({ atMs: this.#driver.nowMs, reason: effect.reason });
        if (this.obedient && effect.reason !== 'returned' && effect.reason !== 'failed')
          this.#driver.later(0, () => this.settle());
        return undefined;
      case 'rewatch':
        this.rewatched += 1;
        return undefined;
      case 'tell':
        this.facts.push(effect.fact);
        return undefined;
      case 'finished':
        this.finished.push({ atMs: this.#driver.nowMs, drained: effect.leftBehind === undefined });
        return undefined;
    }
  }

  #send(request: number, seen: Lease | undefined, next: LeaseRecord | undefined): void {
    this.sent.push({ atMs: this.#driver.nowMs, kind: kindOf(seen, next) });
    const { arrivesAfterMs = 0, answersAfterMs = 0, fails, says } = this.fates.shift() ?? this.fate;
    this.#driver.later(arrivesAfterMs, () => {
      const served = fails === undefined || fails.mayBeWritten === true ? this.#driver.serve(seen, next) : undefined;
      const answer: Answer = says ?? (fails === undefined ? served! : { type: 'failed', ...failureOf(fails) });
      this.#driver.later(answersAfterMs, () => this.tell({ type: 'answered', request, answer }));
    });
  }
}

/** By what it would do to the lease. */
function kindOf(seen: Lease | undefined, next: LeaseRecord | undefined): RequestKind {
  if (next === undefined) return 'read';
  if (next.termId === '') return 'release';
  if (next.termId !== seen?.termId) return 'acquire';
  return next.renewal === seen.renewal ? 'ask' : 'renew';
}

function failureOf({ fault, mayBeWritten = false, retryAfterMs }: NonNullable<Fate['fails']>): Failure {
  return { fault, mayBeWritten, retryAfterMs, error: new Error(fault) };
}
