import { Agenda } from '../../sim/agenda.ts';
import { Elector } from '../../src/elector/elector.ts';
import type { Answer, Effect, Input } from '../../src/elector/inputs.ts';
import type { ElectorSettings } from '../../src/elector/settings.ts';
import type { Lease, LeaseRecord } from '../../src/lease.ts';

/** How long requests take, in milliseconds; each call draws one. */
export interface Network {
  readonly readMs: () => number;
  readonly writeMs: () => number;
}

/** Electors over one register on one clock: the code that runs in production, with time that costs nothing. */
export class World {
  readonly #agenda: Agenda = new Agenda();
  readonly #electors: Simulated[] = [];
  readonly #network: Network;
  #lease: Lease | undefined = undefined;
  #revision = 0n;
  /** Told of each term that begins. */
  onBegin: (elector: number, atMs: number) => void = () => {};

  constructor(network: Network) {
    this.#network = network;
  }

  get nowMs(): number {
    return this.#agenda.nowMs;
  }

  /** A candidate from now on. */
  add(settings: ElectorSettings): void {
    const elector = {
      elector: new Elector(settings),
      index: this.#electors.length,
      wakeMs: Number.POSITIVE_INFINITY,
      alive: true,
      watching: false,
    };
    this.#electors.push(elector);
    this.#tell(elector, { type: 'start', candidate: true });
  }

  at(ms: number, act: () => void): void {
    this.#agenda.at(ms, act);
  }

  /** Ends it as SIGKILL does. */
  crash(index: number): void {
    this.#electors[index]!.alive = false;
  }

  stop(index: number): void {
    this.#tell(this.#electors[index]!, { type: 'stop' });
  }

  runWhile(goesOn: () => boolean): void {
    while (goesOn() && this.#agenda.step());
  }

  #tell(one: Simulated, input: Input): void {
    if (!one.alive) return;
    const at = { monoMs: this.nowMs, wallMs: this.nowMs };
    for (const effect of one.elector.step(input, at)) this.#carryOut(one, effect);
    if (!one.watching && one.elector.state.observation !== undefined) this.#watch(one);
    const wakeMs = one.elector.wakeAtMs(at);
    if (wakeMs === one.wakeMs) return;
    one.wakeMs = wakeMs;
    if (wakeMs === Number.POSITIVE_INFINITY) return;
    this.#agenda.at(Math.max(wakeMs, this.nowMs), () => {
      if (one.wakeMs !== wakeMs) return; // it asked for another time since
      one.wakeMs = Number.NaN;
      this.#tell(one, { type: 'wake' });
    });
  }

  #carryOut(one: Simulated, effect: Effect): void {
    if (effect.type === 'read')
      this.#request(one, effect.request, this.#network.readMs(), () => ({ type: 'read', lease: this.#lease }));
    else if (effect.type === 'write')
      this.#request(one, effect.request, this.#network.writeMs(), () => this.#write(effect.seen, effect.next));
    else if (effect.type === 'begin') this.onBegin(one.index, this.nowMs);
    else if (effect.type === 'abort') this.at(this.nowMs, () => this.#tell(one, { type: 'worked', failed: false }));
  }

  /** Carried out half-way. */
  #request(one: Simulated, request: number, ms: number, carryOut: () => Answer): void {
    this.at(this.nowMs + ms / 2, () => {
      const answer = carryOut();
      this.at(this.nowMs + ms / 2, () => this.#tell(one, { type: 'answered', request, answer }));
    });
  }

  #write(seen: Lease | undefined, next: LeaseRecord): Answer {
    if (this.#lease?.revision !== seen?.revision) return { type: 'conflict' };
    const lease: Lease = { ...next, revision: ++this.#revision };
    this.#lease = lease;
    for (const one of this.#electors) if (one.watching) this.#deliver(one, { type: 'seen', lease });
    return { type: 'written', lease };
  }

  #watch(one: Simulated): void {
    one.watching = true;
    this.#deliver(one, { type: 'watching', up: true });
  }

  /** One way, as long as half a read takes. */
  #deliver(one: Simulated, input: Input): void {
    this.at(this.nowMs + this.#network.readMs() / 2, () => this.#tell(one, input));
  }
}

interface Simulated {
  readonly elector: Elector;
  readonly index: number;
  /** When it is to be woken; `NaN` when it has just been. */
  wakeMs: number;
  alive: boolean;
  watching: boolean;
}
