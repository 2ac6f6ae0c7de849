import { Alarm, hub, publish } from '@holdfast/core';
import './events.ts';
import { Elector } from './elector/elector.ts';
import type { Effect, Fact, Input, TermEnd } from './elector/inputs.ts';
import type { Instant } from './elector/instant.ts';
import type { Validity } from './elector/validity.ts';
import type { ElectionSettings } from './election-options.ts';
import { leaderOf } from './leader.ts';
import type { Leader } from './leader.ts';
import { Requests } from './requests.ts';
import { Watch } from './watch.ts';

/** Where an elector's terms run, and who hears of its leaders. */
export interface CandidateHost {
  begin(termId: string, token: bigint): void;
  abort(termId: string, reason: TermEnd): void;
  leaderChanged(leader: Leader | undefined): void;
  /** @param leftBehind of a term whose work goes on: when the last write for it that is known to have succeeded was sent. */
  finished(leftBehind: Instant | undefined): void;
}

/** An elector with hands: carries out what it wants, on a real clock and a real store, and tells it what came of it. */
export class Candidate {
  readonly elector: Elector;
  readonly #settings: ElectionSettings;
  readonly #host: CandidateHost;
  readonly #requests: Requests;
  readonly #watch: Watch;
  readonly #alarm: Alarm = new Alarm(() => this.tell({ type: 'wake' }));
  readonly #waiting: Input[] = [];
  #busy = false;

  constructor(settings: ElectionSettings, host: CandidateHost) {
    this.#settings = settings;
    this.#host = host;
    this.elector = new Elector(settings);
    this.#requests = new Requests(settings.store, settings.name, (request, answer) =>
      this.tell({ type: 'answered', request, answer }),
    );
    this.#watch = new Watch(
      settings,
      () => this.elector.state.observation?.lease,
      (input) => this.tell(input),
      (error) => this.publish({ type: 'lease.watch_failed', error }),
    );
  }

  get isIdle(): boolean {
    return this.elector.state.role.kind === 'idle';
  }

  now(): Instant {
    return { monoMs: this.#settings.clock.now(), wallMs: this.#settings.wallClock() };
  }

  validity(termId: string): Validity {
    return this.elector.validityOf(termId, this.now());
  }

  remainingMs(termId: string): number {
    return this.elector.remainingMsOf(termId, this.now());
  }

  lapsedByMs(termId: string): number {
    return this.elector.lapsedByMsOf(termId, this.now());
  }

  doubt(): void {
    this.tell({ type: 'wake' });
  }

  /** What happens because of what happened, as a work's abort listener that stops the election, comes after it. */
  tell(input: Input): void {
    this.#waiting.push(input);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#step(next);
    } finally {
      this.#busy = false;
    }
  }

  #step(input: Input): void {
    for (const effect of this.elector.step(input, this.now())) this.#carryOut(effect);
    const { clock } = this.#settings;
    const { state } = this.elector;
    if (state.role.kind === 'idle') {
      clock.disarm(this.#alarm);
      this.#watch.stop();
      return;
    }
    if (state.observation !== undefined) this.#watch.start();
    const at = this.now();
    clock.arm(this.#alarm, Math.max(0, this.elector.wakeAtMs(at) - at.monoMs));
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'read':
        return this.#requests.read(effect.request);
      case 'write':
        return this.#requests.write(effect.request, effect.seen, effect.next);
      case 'cancel':
        return this.#requests.cancel(effect.request);
      case 'begin':
        return this.#host.begin(effect.termId, effect.token);
      case 'abort':
        return this.#host.abort(effect.termId, effect.reason);
      case 'rewatch':
        return this.#watch.renew();
      case 'tell':
        return this.#tellOf(effect.fact);
      case 'finished':
        return this.#host.finished(effect.leftBehind);
    }
  }

  #tellOf(fact: Fact): void {
    if (fact.type !== 'leader.changed') return this.publish(fact);
    const leader = this.leader();
    this.publish({ type: 'leader.changed', leader });
    this.#host.leaderChanged(leader);
  }

  leader(): Leader | undefined {
    const lease = this.elector.state.observation?.lease;
    return leaderOf(lease, lease?.termId.startsWith(`${this.#settings.electorId}.`) === true);
  }

  publish(fact: ElectionFact): void {
    if (!hub.active) return;
    const { name, identity, clock } = this.#settings;
    publish({ ...fact, at: clock.now(), election: name, identity });
  }
}

/** What is published, before it is said where and when. */
export type ElectionFact =
  | Exclude<Fact, { type: 'leader.changed' }>
  | { readonly type: 'leader.changed'; readonly leader: Leader | undefined }
  | { readonly type: 'lease.watch_failed'; readonly error: unknown }
  | { readonly type: 'term.failed'; readonly token: bigint; readonly error: unknown };
