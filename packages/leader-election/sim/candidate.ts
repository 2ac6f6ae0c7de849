import type { Elector } from '../src/elector/elector.ts';
import type { Answer, Effect, Input } from '../src/elector/inputs.ts';
import type { Lease, LeaseRecord } from '../src/lease.ts';
import type { TermEntry } from './book.ts';
import type { Chance } from './chance.ts';
import { judgeAbort, judgeBegin, judgeEnd, judgeFact, judgeNews } from './judge-terms.ts';
import type { Standing } from './judge-standing.ts';
import { judgeSending } from './judge-writes.ts';
import type { Machine, Timer } from './machine.ts';
import type { Link } from './network.ts';
import type { NodePlan } from './scenario.ts';
import type { WriteRequest } from './server.ts';
import { Stream } from './stream.ts';
import { Violation } from './violation.ts';
import { Work } from './work.ts';
import type { World } from './world.ts';

/** What one has asked of the store, counted. */
export interface Requests {
  reads: number;
  writes: number;
}

/**
 * An elector with hands, in the simulation: does what src/candidate.ts and src/election.ts do, on a simulated machine, and has every step
 * judged.
 */
export class Candidate {
  readonly node: number;
  readonly plan: NodePlan;
  readonly machine: Machine;
  readonly link: Link = { cut: undefined, slowMs: 0 };
  readonly stream: Stream;
  readonly requests: Requests = { reads: 0, writes: 0 };
  /** What is to happen when it next sends a write of a kind. */
  readonly aims = new Map<string, () => void>();
  readonly #world: World;
  readonly #chance: Chance;
  readonly #open = new Set<number>();
  readonly #waiting: Input[] = [];
  #busy = false;
  #elector: Elector | undefined = undefined;
  #electorId = '';
  #wake: Timer | undefined = undefined;
  #work: Work | undefined = undefined;
  /** Work that is to begin as soon as all that is told has been taken in. */
  #begun: Work | undefined = undefined;
  /** From `stop` until somebody starts it again. */
  #stopped = true;
  /** Tells one stop from the next. */
  #stops = 0;
  rank: number;

  constructor(node: number, plan: NodePlan, machine: Machine, chance: Chance, world: World) {
    this.node = node;
    this.plan = plan;
    this.rank = plan.rank;
    this.machine = machine;
    this.#chance = chance;
    this.#world = world;
    const { agenda, network, server, scenario } = world;
    this.stream = new Stream({
      ...{ agenda, network, server, plan: scenario.store, chance, machine, link: this.link },
      seen: () => this.#elector?.state.observation?.lease,
      tell: (input) => {
        world.logWatch(node, input);
        this.tell(input);
      },
      count: (what) => world.count(what),
    });
  }

  get identity(): string {
    return `node-${this.node}`;
  }

  get elector(): Elector | undefined {
    return this.#elector;
  }

  /** The term whose work goes on here. */
  get term(): TermEntry | undefined {
    return this.#work?.term;
  }

  /** Whether it leads and has not been told to end. */
  get leads(): boolean {
    return this.#work !== undefined && this.#work.term.aborted === undefined;
  }

  get up(): boolean {
    return this.#elector !== undefined && !this.#stopped;
  }

  standing(): Standing | undefined {
    const term = this.#work?.term;
    if (term === undefined) return undefined;
    const at = this.machine.now();
    return { term, validity: this.#elector!.validityOf(term.termId, at), at, runs: this.machine.runs };
  }

  /** A new process, or the one that is there takes part again; it waits for work of its earlier run to end, as an election does. */
  start(): void {
    const ending = this.#elector !== undefined && this.#elector.state.role.kind !== 'idle';
    if (!this.#stopped || ending || this.#work !== undefined) return;
    this.#stopped = false;
    this.#stops++;
    this.#elector ??= this.#newElector();
    this.#world.log(this.node, `starts as ${this.#electorId}`);
    this.tell({ type: 'start', candidate: !this.plan.observes });
  }

  stop(): void {
    if (!this.up) return;
    this.#stopped = true;
    const stop = ++this.#stops;
    const { drainTimeoutMs, requestTimeoutMs } = this.plan.timing;
    this.#endsWithin(drainTimeoutMs + 5 * requestTimeoutMs, stop);
    this.tell({ type: 'stop' });
  }

  /** Not counting the time in which it could do nothing. */
  #endsWithin(ms: number, stop: number): void {
    const { stalledMs } = this.machine;
    this.machine.timer(ms, () => {
      if (this.#stops !== stop || this.#elector?.state.role.kind === 'idle') return;
      const lostMs = this.machine.stalledMs - stalledMs;
      if (lostMs > 0) return this.#endsWithin(lostMs, stop);
      throw new Violation('Lv8', `${this.#electorId} was stopped, and has not ended in ${ms.toFixed(0)} ms`);
    });
  }

  crash(): void {
    this.machine.crash();
    this.stream.stop();
    this.#open.clear();
    this.#waiting.length = 0;
    if (this.#work !== undefined) this.#work.term.settled = true;
    this.#work = undefined;
    this.#elector = undefined;
    this.#stopped = true;
  }

  calmDown(): void {
    this.#work?.calmDown();
  }

  tell(input: Input): void {
    this.#waiting.push(input);
    if (this.#busy || this.#elector === undefined) return;
    this.#busy = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#step(this.#elector, next);
    this.#busy = false;
    // As in a microtask after all that: the election's loop begins the work.
    const begun = this.#begun;
    this.#begun = undefined;
    begun?.start();
  }

  #newElector(): Elector {
    const { timing } = this.plan;
    const rankNow = (): number => this.rank;
    this.#electorId = `e${this.node}-${this.machine.life}`;
    const settings = {
      ...timing,
      identity: this.identity,
      electorId: this.#electorId,
      random: this.#chance.next,
      get rank(): number {
        return rankNow();
      },
    };
    return new this.#world.ElectorClass(settings);
  }

  #step(elector: Elector, input: Input): void {
    const { role } = elector.state;
    const confirmed = role.kind === 'leading' ? role.tenure.confirmed : undefined;
    const wasIdle = role.kind === 'idle' && input.type !== 'start';
    const term = this.term;
    const effects = elector.step(input, this.machine.now());
    if (wasIdle && effects.length > 0) throw new Violation('S8', `${this.#electorId} wanted ${effects[0]!.type} after its end`);
    for (const effect of effects) this.#carryOut(effect, input);
    if (term !== undefined && !term.settled) judgeNews(input, term, this.#world.staleReads);
    judgeEnd(effects, this.#electorId, this.term, this.#world.book);
    const now = elector.state.role;
    if (isRead(input) && confirmed !== undefined && now.kind === 'leading' && now.tenure.confirmed !== confirmed) {
      this.#world.count('renewal.recognised');
    }
    this.#arm(elector);
  }

  #arm(elector: Elector): void {
    if (this.#wake !== undefined) this.#wake.live = false;
    this.#wake = undefined;
    if (elector.state.role.kind === 'idle') return this.stream.stop();
    if (elector.state.observation !== undefined) this.stream.start();
    const at = this.machine.now();
    const wakeMs = elector.wakeAtMs(at);
    if (wakeMs === Number.POSITIVE_INFINITY) return;
    this.#wake = this.machine.timer(Math.max(0, wakeMs - at.monoMs), () => this.tell({ type: 'wake' }));
  }

  #carryOut(effect: Effect, cause: Input): void {
    const world = this.#world;
    switch (effect.type) {
      case 'read':
        return this.#read(effect.request);
      case 'write':
        return this.#write(effect.request, effect.seen, effect.next);
      case 'cancel':
        this.#open.delete(effect.request);
        return undefined;
      case 'begin':
        world.log(this.node, `begins the work of ${effect.termId}, token ${effect.token}`);
        world.count(isRead(cause) ? 'claim.recognised' : 'claim.answered');
        world.lastBegun = { termId: effect.termId, by: this };
        return this.#begin(judgeBegin(effect.termId, effect.token, this.term, world.book));
      case 'abort':
        world.log(this.node, `aborts the work of ${effect.termId}: ${effect.reason}`);
        world.count(`end.${effect.reason}`);
        judgeAbort(effect.termId, effect.reason, world.book);
        if (this.#work?.term.termId === effect.termId) this.#work.abort();
        return undefined;
      case 'rewatch':
        return this.stream.renew();
      case 'tell':
        judgeFact(effect.fact, this.#electorId, world.book);
        if (effect.fact.type === 'clock.jumped' || effect.fact.type === 'lease.released') world.count(effect.fact.type);
        return undefined;
      case 'finished':
        world.log(this.node, `has ended, ${effect.leftBehind ? 'its work goes on' : 'drained'}`);
        world.count(effect.leftBehind ? 'stop.undrained' : 'stop.drained');
        return undefined;
    }
  }

  #read(request: number): void {
    this.requests.reads++;
    this.#world.count('request.read');
    this.#world.log(this.node, 'reads');
    const { server } = this.#world;
    this.#ask(request, () => server.read());
  }

  #write(request: number, seen: Lease | undefined, next: LeaseRecord): void {
    const write: WriteRequest = { node: this.node, electorId: this.#electorId, seen, next, sentAt: this.machine.now() };
    judgeSending(write, this.#world.book);
    this.requests.writes++;
    const kind = this.#elector!.state.pending?.kind ?? 'write';
    this.#world.count(`request.${kind}`);
    this.#world.log(this.node, `sends ${kind} of ${next.termId || seen?.termId} over revision ${seen?.revision ?? 'none'}`);
    const { server } = this.#world;
    this.#ask(request, () => server.write(write));
    this.aims.get(kind)?.();
    this.aims.delete(kind);
  }

  #ask(request: number, serve: () => Answer | undefined): void {
    this.#open.add(request);
    const { life } = this.machine;
    this.#world.network.ask(this.link, serve, (answer) => {
      if (this.machine.life !== life) return;
      this.machine.deliver(() => this.#answered(request, answer));
    });
  }

  #answered(request: number, answer: Answer): void {
    if (!this.#open.delete(request)) return;
    this.#world.logAnswer(this.node, answer);
    this.tell({ type: 'answered', request, answer });
  }

  #begin(term: TermEntry): void {
    const world = this.#world;
    term.begunAtMs = world.agenda.nowMs;
    const validity = this.#elector!.validityOf(term.termId, this.machine.now());
    world.demand(validity === 'held', 'trust', `${term.termId} begins, and is ${validity}`);
    const host = {
      machine: this.machine,
      write: (writer: TermEntry) => world.writeToResource(this.link, writer),
      asserts: (asker: TermEntry) => this.#asserts(asker),
      settled: (work: Work, failed: boolean) => this.#settled(work, failed),
    };
    this.#work = new Work(term, world.scenario.work, this.#chance, host, world.calm);
    this.#begun = this.#work;
  }

  #asserts({ termId }: TermEntry): boolean {
    const validity = this.#elector!.validityOf(termId, this.machine.now());
    this.#world.count(`assert.${validity}`);
    if (validity === 'uncertain') this.tell({ type: 'wake' });
    return validity === 'held';
  }

  #settled(work: Work, failed: boolean): void {
    if (this.#work !== work) return;
    this.#world.log(this.node, `the work of ${work.term.termId} has ${failed ? 'failed' : 'ended'}`);
    work.term.settled = true;
    this.#work = undefined;
    if (this.#elector?.state.role.kind === 'idle') return; // it was stopped without waiting for this
    this.tell({ type: 'worked', failed: failed && work.term.aborted === undefined });
  }
}

const isRead = (input: Input): boolean => input.type === 'answered' && input.answer.type === 'read';
